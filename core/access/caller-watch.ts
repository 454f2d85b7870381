import type { Db } from '../../db/client'
import { type Credential, isStillGood } from './callers'

/** How often is asked; whoever was sent away is gone within twice this. */
const CHECK_MS = 2_000

type Watched = { credential: Credential; listeners: Set<() => void>; timer: NodeJS.Timeout; asking: boolean }

/**
 * Watches the callers of streams that stay open: sessions and tokens that are revoked or expire end them. One question a caller,
 * however many streams they have open in this process.
 */
export class CallerWatch {
  readonly #watched = new Map<string, Watched>()

  constructor(
    private readonly db: Db,
    private readonly everyMs = CHECK_MS,
  ) {}

  /** Calls `onGone` once the caller may be here no more. Returns the end of watching. */
  watch(credential: Credential, onGone: () => void): () => void {
    const watched = this.#watched.get(credential.id) ?? this.#begin(credential)
    watched.listeners.add(onGone)
    return () => {
      watched.listeners.delete(onGone)
      if (watched.listeners.size === 0) this.#end(watched)
    }
  }

  #begin(credential: Credential): Watched {
    const timer = setInterval(() => void this.#ask(watched), this.everyMs).unref()
    const watched: Watched = { credential, listeners: new Set(), timer, asking: false }
    this.#watched.set(credential.id, watched)
    return watched
  }

  async #ask(watched: Watched): Promise<void> {
    if (watched.asking) return
    watched.asking = true
    // a database that does not answer revokes nothing: it is asked again
    const good = await isStillGood(this.db, watched.credential).catch(() => true)
    watched.asking = false
    if (good) return
    this.#end(watched)
    for (const onGone of watched.listeners) onGone()
  }

  #end(watched: Watched): void {
    clearInterval(watched.timer)
    if (this.#watched.get(watched.credential.id) === watched) this.#watched.delete(watched.credential.id)
  }
}
