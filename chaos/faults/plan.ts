import type { Random } from '../random'
import type { ChaosSystem } from '../system'
import { fullDisks } from './disks'
import type { Fault } from './fault'
import { brokenLines } from './lines'
import { hitOnBox } from './on-box'
import { killedPostgres, stoppedPostgres } from './postgres'
import { clockPutForward, killed, restarted, stopped } from './processes'

export type { Durations, Fault } from './fault'

const WEBS_AND_WORKERS = ['worker-1', 'worker-2', 'web-1', 'web-2']

/** Every fault there is, in the order of the seed; taken from the end, and made anew when all had their turn. */
export function planFaults(system: ChaosSystem, random: Random): Fault[] {
  const { boxes, queues } = system
  const parts = [...WEBS_AND_WORKERS, 'store', ...boxes.map(({ name }) => name), ...(queues.REDIS_URL ? ['redis'] : [])]
  return random.shuffle([
    ...parts.map((name) => killed(system, name)),
    ...parts.map((name) => stopped(system, name)),
    ...WEBS_AND_WORKERS.map((name) => restarted(system, name)),
    ...['worker-1', 'web-1', 'store', 'bench-1'].map((name) => clockPutForward(system, name)),
    killedPostgres(system),
    stoppedPostgres(system),
    ...(['stout-super', 'stout-guard'] as const).flatMap((comm) => [
      hitOnBox(system, random, comm, 'SIGKILL'),
      hitOnBox(system, random, comm, 'SIGSTOP'),
    ]),
    ...brokenLines(system),
    ...fullDisks(system),
  ])
}
