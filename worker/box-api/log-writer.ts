import type { AttemptRef } from '../../core/attempts/tokens'
import { type LiveBus, logTopic } from '../../core/live/bus'
import { type Appended, type Arrival, appendBatches, type LogLimits } from '../../core/logs/append-lines'
import type { LogBatch } from '../../core/logs/records'
import type { Db } from '../../db/client'
import type { Metrics } from '../metrics'

type Waiting = { arrival: Arrival; settle: (outcome: Appended | Error) => void }

const MAX_BATCHES_A_COMMIT = 256
const MAX_BYTES_A_COMMIT = 8_000_000

/**
 * Group commit of log batches. Leading-edge: a batch that finds nothing in hand is written at once; those that arrive
 * meanwhile go together with the next commit. Readers are woken after the commit.
 */
export class LogWriter {
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  constructor(
    private readonly db: Db,
    private readonly bus: LiveBus,
    private readonly limits: LogLimits,
    private readonly metrics: Pick<Metrics, 'committed' | 'firstLine'>,
  ) {}

  /** Resolves once the lines are durable. @throws DomainError of the batch, or whatever failed the commit */
  async append(ref: AttemptRef, batch: LogBatch): Promise<{ acked: number }> {
    const outcome = await new Promise<Appended | Error>((settle) => {
      this.#waiting.push({ arrival: { ...ref, batch }, settle })
      this.#writing ??= this.#writeAll()
    })
    if (outcome instanceof Error) throw outcome
    if ('refused' in outcome) throw outcome.refused
    return outcome
  }

  /** Resolves when everything that was appended so far is settled. */
  async drain(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeSome(this.#takeSome())
    this.#writing = undefined
  }

  #takeSome(): Waiting[] {
    let bytes = 0
    const count = this.#waiting.findIndex(({ arrival }, index) => {
      bytes += arrival.batch.records.length
      return index > 0 && (index >= MAX_BATCHES_A_COMMIT || bytes > MAX_BYTES_A_COMMIT)
    })
    return this.#waiting.splice(0, count === -1 ? this.#waiting.length : count)
  }

  async #writeSome(some: Waiting[]): Promise<void> {
    const arrivals = some.map(({ arrival }) => arrival)
    const began = performance.now()
    try {
      const outcomes = await appendBatches(this.db, arrivals, this.limits)
      this.#count(arrivals, outcomes, performance.now() - began)
      some.forEach(({ settle }, index) => {
        settle(outcomes[index] ?? new Error('No outcome'))
      })
      await this.#wakeReaders(some, outcomes)
    } catch (error) {
      for (const { settle } of some) settle(error as Error)
    }
  }

  #count(arrivals: Arrival[], outcomes: Appended[], tookMs: number): void {
    const total = (of: (batch: LogBatch) => number) => arrivals.reduce((sum, { batch }) => sum + of(batch), 0)
    const lines = total(({ count }) => count)
    const sizeBytes = total(({ records }) => records.length)
    this.metrics.committed({ batches: arrivals.length, lines, sizeBytes, seconds: tookMs / 1_000 })
    arrivals.forEach((arrival, index) => {
      const outcome = outcomes[index]
      const first = arrival.batch.firstN === 1 && arrival.batch.count > 0
      if (first && outcome && 'lastN' in outcome) this.metrics.firstLine(arrival)
    })
  }

  async #wakeReaders(some: Waiting[], outcomes: Appended[]): Promise<void> {
    const lastN = new Map<string, number>()
    some.forEach(({ arrival }, index) => {
      const outcome = outcomes[index]
      if (outcome && 'lastN' in outcome && arrival.batch.count > 0)
        lastN.set(logTopic(arrival.jobId, arrival.attempt), outcome.lastN)
    })
    await this.bus.publish([...lastN].map(([topic, n]) => ({ topic, n }))).catch(() => undefined) // readers look again by themselves
  }
}
