import { processes } from '../../box/supervisor/testing/processes'
import type { Random } from '../random'
import type { ChaosSystem } from '../system'
import { aFault, BOX_LIMIT_MS, type Fault, signal } from './fault'

const WORDS = { 'stout-super': 'supervisor', 'stout-guard': 'guard' }

/** A supervisor or guard of some attempt on one of our boxes: found by the directory of its box in its command line. */
export function hitOnBox(
  { boxes }: ChaosSystem,
  random: Random,
  comm: keyof typeof WORDS,
  how: 'SIGKILL' | 'SIGSTOP',
): Fault {
  let pid: number | null = null
  const strike = async () => {
    const ours = (await processes()).filter(
      (process) => process.comm === comm && boxes.some(({ tmp }) => process.cmdline.includes(`${tmp}/stout-job_`)),
    )
    if (ours.length === 0) return []
    const hit = random.pick(ours)
    pid = hit.pid
    signal(pid, how)
    const attempt = /stout-(job_[0-9a-z]+-\d+)-/.exec(hit.cmdline)?.[1]
    return attempt ? [attempt] : []
  }
  if (how === 'SIGKILL') return aFault(`kill -9 ${WORDS[comm]}`, strike, { limitMs: BOX_LIMIT_MS })
  const heal = async () => signal(pid, 'SIGCONT')
  return aFault(`stop ${WORDS[comm]}`, strike, { lasts: 'stoppedMs', limitMs: BOX_LIMIT_MS, heal })
}
