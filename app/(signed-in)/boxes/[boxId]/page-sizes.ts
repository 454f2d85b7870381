/** How much of its history a box's page shows at once. */
export const EVENTS_A_PAGE = 30
export const RECENT_JOBS = 10
