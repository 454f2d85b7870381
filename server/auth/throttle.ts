import { setTimeout as sleep } from 'node:timers/promises'

/** A wrong password takes at least this long, and is tried one at a time: 2 guesses a second for an e-mail. */
const WRONG_TAKES_MS = 500
const MOST_WAITING = 5

/** Slows down guessing of passwords in this process, without ever locking anybody out for longer than the guessing lasts. */
export class SignInThrottle {
  readonly #queues = new Map<string, { length: number; last: Promise<unknown> }>()

  constructor(private readonly wrongTakesMs = WRONG_TAKES_MS) {}

  /**
   * Tries for one e-mail, after the tries before it. Undefined means wrong.
   * @returns undefined also when too many wait already; then nothing was tried
   */
  async try<T>(email: string, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = email.trim().toLowerCase()
    const queue = this.#queues.get(key) ?? { length: 0, last: Promise.resolve() }
    if (queue.length >= MOST_WAITING) return undefined
    this.#queues.set(key, queue)
    queue.length++
    const mine = queue.last.then(() => this.#slowly(check))
    queue.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      if (--queue.length === 0) this.#queues.delete(key)
    }
  }

  async #slowly<T>(check: () => Promise<T | undefined>): Promise<T | undefined> {
    const earliest = sleep(this.wrongTakesMs)
    const result = await check()
    if (result === undefined) await earliest
    return result
  }
}
