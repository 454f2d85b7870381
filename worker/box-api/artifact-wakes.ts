import { artifactsTopic, type LiveBus } from '../../core/live/bus'

/** Pages look again no more often than this, however many files a job sends. */
const PACE_MS = 250

/** Wakes pages that show artifacts: at once after a quiet spell, then at most every 250 ms a job. */
export class ArtifactWakes {
  /** Jobs that were just told of, and whether something moved since. */
  readonly #paced = new Map<string, boolean>()

  constructor(private readonly bus: LiveBus) {}

  wake(jobId: string): void {
    if (this.#paced.has(jobId)) {
      this.#paced.set(jobId, true)
      return
    }
    this.#paced.set(jobId, false)
    this.bus.publish([{ topic: artifactsTopic(jobId), n: 0 }]).catch(() => undefined) // pages look again by themselves
    setTimeout(() => {
      const moved = this.#paced.get(jobId)
      this.#paced.delete(jobId)
      if (moved) this.wake(jobId)
    }, PACE_MS).unref()
  }
}
