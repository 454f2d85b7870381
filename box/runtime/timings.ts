/** Waits of the runtime, in ms. Tests shorten some; nobody else should. */
export type Timings = {
  /** Between two keepalive frames. A stock box looks every 0.1 s whether 20 s are over. */
  keepaliveMs: number
  /** How long an interrupted script may clean up. timeout(1) is faster: 5 s. */
  interruptGraceMs: number
  /** From a signal to SIGKILL. */
  killGraceMs: number
  /** How often a detached run's log is looked at for an attached client. */
  logPollMs: number
  /** How long a chunk waits for a client that reads too slowly, before it is dropped. */
  slowReaderMs: number
}

export const STOCK_TIMINGS: Timings = {
  keepaliveMs: 20_100,
  interruptGraceMs: 60_000,
  killGraceMs: 5_000,
  logPollMs: 200,
  slowReaderMs: 1_000,
}
