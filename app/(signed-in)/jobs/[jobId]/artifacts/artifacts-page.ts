/** As many artifacts as are listed at once: the largest page there is. */
export const ARTIFACTS_A_PAGE = 200
