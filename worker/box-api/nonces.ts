import { getAttempt } from '../../core/attempts/control'
import type { AttemptRef } from '../../core/attempts/tokens'
import { NotFound } from '../../core/errors'
import type { Db } from '../../db/client'

const KEPT = 10_000

/** Nonces of claimed attempts. They never change, so a log batch costs no query to know its sender. */
export class Nonces {
  readonly #known = new Map<string, string>()

  constructor(private readonly db: Db) {}

  /** A claim has just been answered. */
  remember({ jobId, attempt }: AttemptRef, nonce: string): void {
    if (this.#known.size >= KEPT) this.#known.clear()
    this.#known.set(`${jobId}/${attempt}`, nonce)
  }

  /** The nonce that claimed an attempt, or null before the claim. @throws NotFound */
  async of(ref: AttemptRef): Promise<string | null> {
    const key = `${ref.jobId}/${ref.attempt}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const attempt = await getAttempt(this.db, ref)
    if (!attempt) throw new NotFound('attempt', key)
    if (attempt.nonce === null) return null
    this.remember(ref, attempt.nonce)
    return attempt.nonce
  }
}
