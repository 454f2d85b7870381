import { setTimeout as sleep } from 'node:timers/promises'
import { getAttempt } from '../attempts/control'
import type { AttemptRef } from '../attempts/tokens'
import type { LogSource } from './log-blocks'
import { type LogLine, readLines } from './read-lines'

const LINES_A_PAGE = 1_000
/** After a read for all, the next one begins no earlier than this: the first line after a quiet spell leaves at once, later ones in batches. */
const PACE_MS = 25
/** Lines and characters that are remembered of a log, for those who are a little late. */
const MOST_LINES = 2_000
const MOST_CHARACTERS = 4_000_000

/** A page of fewer characters was not cut for its size. */
const FEW_CHARACTERS = 1_000_000

/**
 * Lines in order. `atEnd`: there were no more when they were asked for; without, there may be. `closed`: there were none, and none
 * will come.
 */
export type TailPage = { lines: LogLine[]; atEnd: boolean; closed: boolean }
type Read = { from: number; page: TailPage }

/**
 * The ends of the logs that are followed in this process. However many follow a log, each of its new batches is read once, and all
 * get the same lines. Whoever is further behind reads for themselves until they get there.
 */
export class LogTails {
  readonly #tails = new Map<string, { tail: Tail; followers: number }>()

  constructor(private readonly source: LogSource) {}

  follow(ref: AttemptRef): Disposable & { read(from: number): Promise<TailPage> } {
    const key = `${ref.jobId}:${ref.attempt}`
    const entry = this.#tails.get(key) ?? { tail: new Tail(this.source, ref), followers: 0 }
    this.#tails.set(key, entry)
    entry.followers++
    return {
      read: (from) => entry.tail.read(from),
      [Symbol.dispose]: () => {
        if (--entry.followers === 0) this.#tails.delete(key)
      },
    }
  }
}

class Tail {
  /** The last lines that were read, without a gap. */
  #recent: LogLine[][] = []
  /** The line after them: where all who are at the end read on. */
  #next: number | undefined
  #running: Promise<unknown> = Promise.resolve()
  #notBefore = 0
  /** A read for all that has not begun: whoever asks by now gets all that is there now. */
  #soon: Promise<Read> | undefined

  constructor(
    private readonly source: LogSource,
    private readonly ref: AttemptRef,
  ) {}

  /** What follows from line `from` on, as far as it is there at the time of the call. */
  async read(from: number): Promise<TailPage> {
    for (;;) {
      const known = this.#known(from)
      if (known) return { lines: known, atEnd: false, closed: false }
      if (this.#next === undefined || from > this.#next) this.#begin(from)
      if (from !== this.#next) return { ...(await this.#catchUp(from)), atEnd: false }
      this.#soon ??= this.#readForAll()
      const read = await this.#soon
      if (read.from === from) return read.page
    }
  }

  #begin(from: number): void {
    this.#recent = []
    this.#next = from
  }

  async #readForAll(): Promise<Read> {
    await this.#running
    const wait = this.#notBefore - performance.now()
    if (wait > 0) await sleep(wait)
    else await new Promise(setImmediate) // all that the same wake-up woke come along
    this.#soon = undefined
    this.#notBefore = performance.now() + PACE_MS
    const from = this.#next ?? 1
    const reading = this.#look(from)
    this.#running = reading.catch(() => undefined)
    const page = await reading
    this.#remember(page.lines)
    return { from, page }
  }

  async #look(from: number): Promise<TailPage> {
    const lines = await readLines(this.source, this.ref, from, LINES_A_PAGE)
    const closed = lines.length === 0 && (await getAttempt(this.source.db, this.ref))?.phase === 'closed'
    return { lines, atEnd: lines.length < LINES_A_PAGE && charactersOf(lines) < FEW_CHARACTERS, closed }
  }

  /** For one who is behind what is remembered. */
  async #catchUp(from: number): Promise<TailPage> {
    const page = await this.#look(from)
    const last = page.lines.at(-1)?.n ?? 0
    const next = this.#next ?? 1
    if (last >= next) this.#remember(page.lines.filter(({ n }) => n >= next))
    return page
  }

  #known(from: number): LogLine[] | undefined {
    for (const lines of this.#recent) {
      const [first, last] = [lines[0]?.n ?? 0, lines.at(-1)?.n ?? 0]
      if (from === first) return lines
      if (from > first && from <= last) return lines.filter(({ n }) => n >= from)
    }
    return undefined
  }

  #remember(lines: LogLine[]): void {
    const last = lines.at(-1)
    if (!last || lines[0]?.n !== this.#next) return
    this.#recent.push(lines)
    this.#next = last.n + 1
    let count = this.#recent.reduce((sum, page) => sum + page.length, 0)
    let characters = this.#recent.reduce((sum, page) => sum + charactersOf(page), 0)
    while (this.#recent.length > 1 && (count > MOST_LINES || characters > MOST_CHARACTERS)) {
      const oldest = this.#recent.shift() ?? []
      count -= oldest.length
      characters -= charactersOf(oldest)
    }
  }
}

const charactersOf = (lines: LogLine[]) => lines.reduce((sum, { text }) => sum + text.length, 0)
