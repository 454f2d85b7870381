/** What the server found: numbers of lines, and where to go on. */
export type FindAnswer = { lines: number[]; nextFrom: number; lineCount: number }
type Find = (range: { from: number; limit: number }, signal: AbortSignal) => Promise<FindAnswer>

const HITS_A_CALL = 1_000
/** More hits than these are not counted. */
export const MAX_HITS = 10_000
const RETRY_MS = 2_000

/** The search of a log for one text: many small calls, one after the other, until the log was looked at from end to end. */
export class LogSearch {
  /** Lines that have the text, in order, as far as they are known. */
  hits: number[] = []
  /** Everything before it was looked at. */
  nextFrom = 1
  lineCount = 0
  failure: unknown
  /** Changes with everything that can be seen. */
  version = 0

  readonly #watchers = new Set<() => void>()
  #reading: AbortController | undefined
  #again = false
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly find: Find) {}

  watch = (onChange: () => void): (() => void) => {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** There are more hits than are counted. */
  get capped(): boolean {
    return this.hits.length >= MAX_HITS
  }

  /** The log was looked at as far as it goes, or as far as anybody wants to know. */
  get done(): boolean {
    return this.capped || (this.version > 0 && this.nextFrom > this.lineCount)
  }

  /** Searches on, from where it stopped: at the beginning, and whenever the log has grown. */
  wake(): void {
    if (this.capped) return
    this.#again = true
    if (!this.#reading) void this.#searchOn()
  }

  /** Stops until it is woken. */
  rest(): void {
    clearTimeout(this.#retry)
    this.#reading?.abort()
    this.#reading = undefined
  }

  async #searchOn(): Promise<void> {
    const reading = new AbortController()
    this.#reading = reading
    try {
      while (!reading.signal.aborted && !this.capped && (this.#again || !this.done)) {
        this.#again = false
        const limit = Math.min(HITS_A_CALL, MAX_HITS - this.hits.length)
        const answer = await this.find({ from: this.nextFrom, limit }, reading.signal)
        if (reading.signal.aborted) return
        this.#take(answer)
      }
    } catch (error) {
      if (reading.signal.aborted) return
      this.failure = error
      this.#changed()
      this.#retry = setTimeout(() => this.wake(), RETRY_MS)
    } finally {
      if (this.#reading === reading) this.#reading = undefined
    }
  }

  #take({ lines, nextFrom, lineCount }: FindAnswer): void {
    this.failure = undefined
    this.hits = [...this.hits, ...lines]
    this.nextFrom = nextFrom
    this.lineCount = lineCount
    this.#changed()
  }

  #changed(): void {
    this.version += 1
    for (const onChange of this.#watchers) onChange()
  }
}

/** Index of the hit to show first: the first one in or after what is in sight; else, once all are known, the last one. */
export function firstHit({ hits, done }: Pick<LogSearch, 'hits' | 'done'>, firstInSight: number): number | null {
  const index = hits.findIndex((n) => n >= firstInSight)
  if (index >= 0) return index
  return done && hits.length > 0 ? hits.length - 1 : null
}

/** How many hits there are, and which one is shown: `3 of 17`, `more than 10,000`. */
export function hitsText(
  { hits, done, capped }: Pick<LogSearch, 'hits' | 'done' | 'capped'>,
  at: number | null,
): string {
  if (hits.length === 0) return done ? 'Not found' : 'Searching …'
  const count = hits.length.toLocaleString('en-GB')
  const all = capped ? `more than ${count}` : done ? count : `${count} so far`
  return at === null ? `${all} found` : `${(at + 1).toLocaleString('en-GB')} of ${all}`
}
