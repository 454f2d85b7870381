/** What the server found of what is looked for, and where to go on. */
type Answer<T> = { items: T[]; nextFrom: number; lineCount: number }
type Read<T> = (range: { from: number; limit: number }, signal: AbortSignal) => Promise<Answer<T>>

const ITEMS_A_CALL = 1_000
/** More than these are not looked for. */
export const MAX_ITEMS = 10_000
const RETRY_MS = 2_000

/**
 * A log that is looked through for something: by many small calls, one after the other, until it was looked at from end to end; and
 * on from there when it has grown.
 */
export class LogScan<T> {
  /** What was found, in order, as far as it is known. */
  items: T[] = []
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

  constructor(private readonly read: Read<T>) {}

  watch = (onChange: () => void): (() => void) => {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** There may be more than is looked for. */
  get capped(): boolean {
    return this.items.length >= MAX_ITEMS
  }

  /** The log was looked at as far as it goes, or as far as anybody wants to know. */
  get done(): boolean {
    return this.capped || (this.version > 0 && this.nextFrom > this.lineCount)
  }

  /** Looks on, from where it stopped: at the beginning, and whenever the log has grown. */
  wake(): void {
    if (this.capped) return
    this.#again = true
    if (!this.#reading) void this.#lookOn()
  }

  /** Stops until it is woken. */
  rest(): void {
    clearTimeout(this.#retry)
    this.#reading?.abort()
    this.#reading = undefined
  }

  async #lookOn(): Promise<void> {
    const reading = new AbortController()
    this.#reading = reading
    try {
      while (!reading.signal.aborted && !this.capped && (this.#again || !this.done)) {
        this.#again = false
        const limit = Math.min(ITEMS_A_CALL, MAX_ITEMS - this.items.length)
        const answer = await this.read({ from: this.nextFrom, limit }, reading.signal)
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

  #take({ items, nextFrom, lineCount }: Answer<T>): void {
    this.failure = undefined
    this.items = [...this.items, ...items]
    this.nextFrom = nextFrom
    this.lineCount = lineCount
    this.#changed()
  }

  #changed(): void {
    this.version += 1
    for (const onChange of this.#watchers) onChange()
  }
}
