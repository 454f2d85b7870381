import type { LogLine } from '../../../../ui/log/log-line'

/** What the server says of a range of lines: those that there are, how far the log goes now, and whether it has ended. */
export type LogAnswer = { items: LogLine[]; lineCount: number; closed: boolean }
type Read = (range: { from: number; limit: number }, signal: AbortSignal) => Promise<LogAnswer>
type Page = { lines: (LogLine | undefined)[]; until: number }

const LINES_A_PAGE = 1_000
const KEPT_PAGES = 24
const RETRY_MS = 2_000

/**
 * The lines of one attempt as a reader needs them: read by range in pages of 1,000 lines, when they are looked at; the pages
 * that were looked at longest ago are forgotten. A reader at the end is shown new lines together with their content.
 */
export class LogPages {
  /** How many lines there are to show. */
  lineCount: number
  /** Nothing will follow. */
  closed = false
  failure: unknown
  /** Changes with everything that can be seen. */
  version = 0

  readonly #pages = new Map<number, Page>()
  readonly #reading = new Map<number, AbortController>()
  readonly #watchers = new Set<() => void>()
  #growth = new AbortController()
  #wanted: { first: number; last: number } = { first: 0, last: 0 }
  #growing = false
  #growAgain = false
  #hint = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly read: Read,
    lineCount: number,
  ) {
    this.lineCount = lineCount
  }

  watch = (onChange: () => void): (() => void) => {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** Line number `n`, from 1; undefined while it is not here. */
  line(n: number): LogLine | undefined {
    const page = pageOf(n)
    return this.#pages.get(page)?.lines[n - 1 - page * LINES_A_PAGE]
  }

  /** Says which lines are looked at, by number. Reads what is missing of them, then of the pages beside them. */
  want(first: number, last: number): void {
    this.#wanted = { first, last }
    if (this.lineCount === 0) return
    const [from, to] = [pageOf(first), pageOf(Math.min(last, this.lineCount))]
    const end = pageOf(this.lineCount)
    for (const page of this.#reading.keys()) if (page < from - 1 || page > to + 1) this.#giveUp(page)
    const wanted = from === to ? [from] : [from, to]
    const beside = [from - 1, to + 1].filter((page) => page >= 0 && page <= end)
    for (const page of [...beside, ...wanted]) this.#touch(page)
    const missing = wanted.filter((page) => !this.#isComplete(page))
    for (const page of missing.length > 0 ? missing : beside) if (!this.#isComplete(page)) void this.#readPage(page)
  }

  /** The log may have grown, to `n` lines (0: nobody knows), or ended. */
  wake(n: number): void {
    if (this.closed || (n !== 0 && n <= this.lineCount)) return
    this.#hint = Math.max(this.#hint, n)
    this.#growAgain = true
    if (!this.#growing) void this.#grow()
  }

  /** Stops reading until something is wanted again. */
  rest(): void {
    clearTimeout(this.#retry)
    this.#growth.abort()
    this.#growth = new AbortController()
    for (const page of this.#reading.keys()) this.#giveUp(page)
  }

  async #grow(): Promise<void> {
    this.#growing = true
    const { signal } = this.#growth
    try {
      while (this.#growAgain && !signal.aborted) {
        this.#growAgain = false
        if (this.#wanted.last >= this.lineCount) await this.#growAtEnd(signal)
        else if (this.#hint > this.lineCount) this.#extend(this.#hint, false)
        else {
          const { lineCount, closed } = await this.read({ from: this.lineCount + 1, limit: 1 }, signal)
          this.#extend(lineCount, closed)
        }
      }
      this.failure = undefined
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => this.wake(0))
    } finally {
      this.#growing = false
    }
  }

  /** Reads what follows the last line that is shown, so that a reader at the end sees no empty rows. */
  async #growAtEnd(signal: AbortSignal): Promise<void> {
    const answer = await this.read({ from: this.lineCount + 1, limit: LINES_A_PAGE }, signal)
    this.#keep(answer.items)
    const here = Math.max(this.lineCount, answer.items.at(-1)?.n ?? 0)
    const left = answer.lineCount - here
    // far behind: the reader is taken to the end, and the pages there are read
    const lineCount = left > LINES_A_PAGE ? answer.lineCount : here
    this.#growAgain ||= left > 0 && lineCount === here && answer.items.length > 0
    this.#extend(lineCount, answer.closed && lineCount === answer.lineCount)
  }

  async #readPage(page: number): Promise<void> {
    if (this.#reading.has(page)) return
    const reading = new AbortController()
    this.#reading.set(page, reading)
    try {
      while (!this.#isComplete(page) && !reading.signal.aborted) {
        const { until } = this.#touch(page)
        const answer = await this.read({ from: until + 1, limit: (page + 1) * LINES_A_PAGE - until }, reading.signal)
        this.#keep(answer.items)
        this.failure = undefined
        const reached = this.#touch(page).until
        this.#extend(Math.min(reached, answer.lineCount), answer.closed && reached >= answer.lineCount)
        if (answer.items.length === 0) return
      }
      if (reading.signal.aborted) return
      this.#reading.delete(page)
      this.want(this.#wanted.first, this.#wanted.last)
    } catch (error) {
      if (!reading.signal.aborted) this.#fail(error, () => this.want(this.#wanted.first, this.#wanted.last))
    } finally {
      if (this.#reading.get(page) === reading) this.#reading.delete(page)
      this.#forget()
    }
  }

  #giveUp(page: number): void {
    this.#reading.get(page)?.abort()
    this.#reading.delete(page)
  }

  #keep(items: readonly LogLine[]): void {
    for (const item of items) {
      const number = pageOf(item.n)
      const page = this.#touch(number)
      page.lines[item.n - 1 - number * LINES_A_PAGE] = item
      if (item.n === page.until + 1) page.until = item.n
    }
  }

  /** The page, as the one that was looked at last. `until` is its last line before which none is missing. */
  #touch(number: number): Page {
    const page = this.#pages.get(number) ?? { lines: [], until: number * LINES_A_PAGE }
    this.#pages.delete(number)
    this.#pages.set(number, page)
    return page
  }

  #isComplete(number: number): boolean {
    const until = this.#pages.get(number)?.until ?? 0
    return until >= Math.min((number + 1) * LINES_A_PAGE, this.lineCount)
  }

  #forget(): void {
    for (const number of this.#pages.keys()) {
      if (this.#pages.size <= KEPT_PAGES) return
      if (!this.#reading.has(number)) this.#pages.delete(number)
    }
  }

  #extend(lineCount: number, closed: boolean): void {
    this.lineCount = Math.max(this.lineCount, lineCount)
    this.closed ||= closed
    this.#changed()
  }

  #fail(error: unknown, again: () => void): void {
    this.failure = error
    this.#changed()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(again, RETRY_MS)
  }

  #changed(): void {
    this.version += 1
    for (const onChange of this.#watchers) onChange()
  }
}

function pageOf(n: number): number {
  return Math.floor((Math.max(n, 1) - 1) / LINES_A_PAGE)
}
