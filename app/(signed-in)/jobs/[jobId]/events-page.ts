/** As many events as the timeline shows at once: the largest page there is. */
export const EVENTS_A_PAGE = 200
