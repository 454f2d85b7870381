/**
 * The live bus carries wake-ups between processes: topics and numbers, never content. Losing one may delay a reader, never cost
 * it anything: readers read again by number, also at intervals of their own.
 *
 * Topics: `job:<id>`, `jobs:<org>`, `boxes:<org>`, `log:<job>:<attempt>`, `artifacts:<job>`,
 * `control:<job>:<attempt>`.
 */
export type Wake = { topic: string; n: number }

export interface LiveBus {
  publish(wakes: Wake[]): Promise<void>
  /** Calls `onWake` for each wake-up of the topic, and with n = 0 when some may have been lost. Returns the end of it. */
  subscribe(topic: string, onWake: (n: number) => void): () => void
  close(): Promise<void>
}

export const jobTopic = (jobId: string) => `job:${jobId}`
export const jobsTopic = (orgId: string) => `jobs:${orgId}`
export const boxesTopic = (orgId: string) => `boxes:${orgId}`
export const logTopic = (jobId: string, attempt: number) => `log:${jobId}:${attempt}`
export const artifactsTopic = (jobId: string) => `artifacts:${jobId}`
export const controlTopic = (jobId: string, attempt: number) => `control:${jobId}:${attempt}`

/** Splits wake-ups so that each JSON text stays below `maxBytes`. */
export function splitWakes(wakes: Wake[], maxBytes: number): string[] {
  const texts: string[] = []
  let rows: string[] = []
  let size = 2
  for (const { topic, n } of wakes) {
    const row = JSON.stringify([topic, n])
    if (size + row.length + 1 > maxBytes && rows.length > 0) {
      texts.push(`[${rows.join(',')}]`)
      rows = []
      size = 2
    }
    rows.push(row)
    size += Buffer.byteLength(row) + 1
  }
  if (rows.length > 0) texts.push(`[${rows.join(',')}]`)
  return texts
}

/** The listeners of one process, by topic. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<(n: number) => void>>()

  add(topic: string, onWake: (n: number) => void): () => void {
    const listeners = this.#byTopic.get(topic) ?? new Set()
    this.#byTopic.set(topic, listeners.add(onWake))
    return () => {
      listeners.delete(onWake)
      if (listeners.size === 0 && this.#byTopic.get(topic) === listeners) this.#byTopic.delete(topic)
    }
  }

  /** Hands on what `splitWakes` made. */
  deliver(text: string): void {
    for (const [topic, n] of JSON.parse(text) as [string, number][]) this.wake(topic, n)
  }

  wake(topic: string, n: number): void {
    for (const onWake of this.#byTopic.get(topic) ?? []) onWake(n)
  }

  /** After a lost connection: everybody looks again. */
  wakeAll(): void {
    for (const topic of this.#byTopic.keys()) this.wake(topic, 0)
  }
}
