import type { ChaosSystem } from '../system'
import { aFault, BOX_LIMIT_MS, type Fault, signal } from './fault'

const kindOf = (name: string) => name.replace(/-\d$/, '').replace('bench', 'box runtime')
const limitOf = (name: string) => (name.startsWith('bench') ? { limitMs: BOX_LIMIT_MS } : {})

/** A killed box runtime takes with it the launchers that it runs: what they had begun to write stays. */
export function killed({ children, db }: ChaosSystem, name: string): Fault {
  const strike = async () => {
    const launching = await db
      .selectFrom('attempts')
      .innerJoin('boxes', 'boxes.id', 'attempts.boxId')
      .select(['jobId', 'attempt'])
      .where('boxes.name', '=', name)
      .where('phase', '=', 'placed')
      .execute()
    signal(children.pid(name), 'SIGKILL')
    return launching.map(({ jobId, attempt }) => `${jobId}-${attempt}`)
  }
  return aFault(`kill -9 ${kindOf(name)}`, strike, limitOf(name))
}

/** A part of a deployment: it ends by itself and is started again. */
export function restarted({ children }: ChaosSystem, name: string): Fault {
  return aFault(`restart ${kindOf(name)}`, async () => signal(children.pid(name), 'SIGTERM'))
}

export function stopped({ children }: ChaosSystem, name: string): Fault {
  let pid: number | null = null
  const strike = async () => {
    pid = children.pid(name)
    signal(pid, 'SIGSTOP')
  }
  const heal = async () => signal(pid, 'SIGCONT')
  return aFault(`stop ${kindOf(name)}`, strike, { lasts: 'stoppedMs', heal, ...limitOf(name) })
}

/** By an hour, and back again. A process that was started meanwhile has the right clock already. */
export function clockPutForward({ children }: ChaosSystem, name: string): Fault {
  let pid: number | null = null
  const strike = async () => {
    pid = children.pid(name)
    signal(pid, 'SIGUSR2')
  }
  const heal = async () => (children.pid(name) === pid ? signal(pid, 'SIGUSR2') : undefined)
  return aFault(`clock of ${kindOf(name)} +1 h`, strike, { lasts: 'brokenMs', heal })
}
