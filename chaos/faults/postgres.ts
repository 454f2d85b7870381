import { readFileSync } from 'node:fs'
import { processes } from '../../box/supervisor/testing/processes'
import type { ChaosSystem } from '../system'
import { aFault, type Fault, signal } from './fault'

const AWAY_MS = 1_000

export function killedPostgres({ postgres }: ChaosSystem): Fault {
  return aFault('kill -9 Postgres', async () => {
    signal(postgres.pid(), 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
    await postgres.startAgain()
  })
}

/** The server and the sessions it has forked. */
export function stoppedPostgres({ postgres }: ChaosSystem): Fault {
  let pids: number[] = []
  const strike = async () => {
    pids = [postgres.pid(), ...(await childrenOf(postgres.pid()))]
    for (const pid of pids) signal(pid, 'SIGSTOP')
  }
  const heal = async () => {
    for (const pid of pids) signal(pid, 'SIGCONT')
  }
  return aFault('stop Postgres', strike, { lasts: 'stoppedMs', heal })
}

async function childrenOf(parent: number): Promise<number[]> {
  return (await processes()).map(({ pid }) => pid).filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null // it ended meanwhile
  }
}
