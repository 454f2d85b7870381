import { readFileSync } from 'node:fs'
import type { Random } from './random'

/** A job of the run: how it is submitted, and what a person does to it meanwhile. */
export type ChaosJob = {
  body: Record<string, unknown>
  /** Cancelled so many seconds after it was accepted. */
  cancelAfterSeconds: number | null
}

const ARTIFACT_BYTES = [0, 4_096, 300_000, 3_000_000]

/** `count` jobs, of which some fail, run out of time, give up waiting or are cancelled: every state has its share. */
export function chaosJobs(random: Random, count: number, truth: string): ChaosJob[] {
  const script = readFileSync('chaos/script.py', 'utf8')
  return Array.from({ length: count }, (_, index) => {
    const kind = random.pick(['plain', 'plain', 'plain', 'plain', 'fails', 'slow', 'impatient', 'cancelled'] as const)
    const lines = random.whole(5, 120)
    const pause = random.between(0.005, 0.08)
    const args = [truth, lines, pause.toFixed(4), random.pick(ARTIFACT_BYTES), kind === 'fails' ? 3 : 0].map(String)
    const limits = {
      ...(kind === 'slow' && { timeoutSeconds: 2 }),
      ...(kind === 'impatient' && { queueTimeoutSeconds: random.whole(2, 20) }),
    }
    return {
      body: { name: `chaos ${index + 1} (${kind})`, script, args, labels: { chaos: kind }, graceSeconds: 1, ...limits },
      cancelAfterSeconds: kind === 'cancelled' ? random.between(0.1, 15) : null,
    }
  })
}
