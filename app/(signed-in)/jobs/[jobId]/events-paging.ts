export const EVENTS_A_PAGE = 200

/** How the timeline gets from one page of events to the next. */
export const nextEvents = {
  getNextPageParam: ({ nextCursor }: { nextCursor: number | null }) => nextCursor ?? undefined,
}
