/**
 * Wraps work that is asked for often: the first call starts it at once; calls that come while it runs, or within `gapMs` of its
 * start, lead to one more run.
 */
export function coalesce(work: () => Promise<unknown>, gapMs: number): () => void {
  let busy = false
  let again = false
  const run = async () => {
    busy = true
    do {
      again = false
      await Promise.all([work().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, gapMs))])
    } while (again)
    busy = false
  }
  return () => {
    again = true
    if (!busy) void run()
  }
}
