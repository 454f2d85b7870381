import { processes } from '../box/supervisor/testing/processes'
import { startedAt } from '../embedded/lock.mjs'
import type { Line } from '../worker/testing/proxy'
import type { Random } from './random'
import type { ChaosSystem } from './system'

/** Something that breaks, and how it is whole again. */
export type Fault = {
  name: string
  /** What may be lost by it: nothing, or the attempt whose supervisor or guard was hit. */
  costs: 'nothing' | 'attempt'
  /** Breaks it; returns the attempts that may pay for it. */
  strike(): Promise<string[]>
  heal(): Promise<void>
}

/** How long something stays broken. */
export type Durations = { stoppedMs: number; lineMs: number }

const WHO = ['worker-1', 'worker-2', 'web-1', 'web-2', 'store', 'bench-1', 'bench-2', 'bench-3', 'bench-4']
const LINES: Line[] = ['cut', 'dead', 'slow']
const nothing = async () => undefined

/** Every fault there is, in the order of the seed; taken from the front, and begun anew when all had their turn. */
export function planFaults(system: ChaosSystem, random: Random): Fault[] {
  const parts = [...WHO, ...(system.redisUrl ? ['redis'] : [])]
  return random.shuffle([
    ...parts.map((name) => killed(system, name)),
    ...parts.map((name) => stopped(system, name)),
    ...['worker-1', 'web-1'].map((name) => restarted(system, name)),
    killedPostgres(system),
    stoppedPostgres(system),
    ...(['stout-super', 'stout-guard'] as const).flatMap((comm) => [
      hitOnBox(system, random, comm, 'SIGKILL'),
      hitOnBox(system, random, comm, 'SIGSTOP'),
    ]),
    ...Object.keys(system.lines).flatMap((name) =>
      LINES.map((line) => brokenLine(system, name as keyof ChaosSystem['lines'], line)),
    ),
  ])
}

/** True if the fault lasts until it is healed; kills are over at once, and what was killed is started again. */
export const lasts = ({ name }: Fault) => !/^(kill|restart)/.test(name)

const kindOf = (name: string) => name.replace(/-\d$/, '').replace('bench', 'box runtime')

function killed({ children }: ChaosSystem, name: string): Fault {
  return {
    name: `kill -9 ${kindOf(name)}`,
    costs: 'nothing',
    strike: async () => signal(children.pid(name), 'SIGKILL'),
    heal: nothing,
  }
}

function restarted({ children }: ChaosSystem, name: string): Fault {
  return {
    name: `restart ${kindOf(name)}`,
    costs: 'nothing',
    strike: async () => signal(children.pid(name), 'SIGTERM'),
    heal: nothing,
  }
}

function stopped({ children }: ChaosSystem, name: string): Fault {
  let pid: number | null = null
  return {
    name: `stop ${kindOf(name)}`,
    costs: 'nothing',
    strike: async () => {
      pid = children.pid(name)
      return signal(pid, 'SIGSTOP')
    },
    heal: async () => void signal(pid, 'SIGCONT'),
  }
}

function killedPostgres({ postgres }: ChaosSystem): Fault {
  return {
    name: 'kill -9 Postgres',
    costs: 'nothing',
    strike: async () => {
      signal(postgres.pid(), 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await postgres.startAgain()
      return []
    },
    heal: nothing,
  }
}

/** The server and the sessions it has forked. */
function stoppedPostgres({ postgres }: ChaosSystem): Fault {
  let pids: number[] = []
  return {
    name: 'stop Postgres',
    costs: 'nothing',
    strike: async () => {
      pids = [postgres.pid(), ...(await childrenOf(postgres.pid()))]
      for (const pid of pids) signal(pid, 'SIGSTOP')
      return []
    },
    heal: async () => {
      for (const pid of pids) signal(pid, 'SIGCONT')
    },
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const { readFileSync } = await import('node:fs')
  return (await processes())
    .map(({ pid }) => pid)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
}

/** A supervisor or guard of some attempt on one of our boxes: found by the directory of its box in its command line. */
function hitOnBox(
  system: ChaosSystem,
  random: Random,
  comm: 'stout-super' | 'stout-guard',
  how: 'SIGKILL' | 'SIGSTOP',
): Fault {
  const part = comm === 'stout-super' ? 'supervisor' : 'guard'
  let pid: number | null = null
  return {
    name: `${how === 'SIGKILL' ? 'kill -9' : 'stop'} ${part}`,
    costs: 'attempt',
    strike: async () => {
      const ours = (await processes()).filter(
        (process) =>
          process.comm === comm && system.boxes.some(({ tmp }) => process.cmdline.includes(`${tmp}/stout-job_`)),
      )
      if (ours.length === 0) return []
      const hit = random.pick(ours)
      pid = hit.pid
      signal(pid, how)
      const attempt = /stout-(job_[0-9a-z]+-\d+)-/.exec(hit.cmdline)?.[1]
      return attempt ? [attempt] : []
    },
    heal: async () => void (how === 'SIGSTOP' && signal(pid, 'SIGCONT')),
  }
}

const LINE_WORDS: Record<string, string> = { cut: 'cut', dead: 'half-open', slow: 'slow' }

function brokenLine({ lines }: ChaosSystem, name: keyof ChaosSystem['lines'], line: Line): Fault {
  const turn = (to: Line) => {
    for (const proxy of lines[name]) proxy.turn(to)
  }
  return {
    name: `${LINE_WORDS[line]} ${name}`,
    costs: 'nothing',
    strike: async () => {
      turn(line)
      return []
    },
    // what went dead stays dead for those who had it: cutting it is what a router does that comes back
    heal: async () => {
      if (line === 'dead') turn('cut')
      turn('up')
    },
  }
}

function signal(pid: number | null, name: NodeJS.Signals): string[] {
  if (pid !== null && startedAt(pid) !== null) {
    try {
      process.kill(pid, name)
    } catch {
      // it ended meanwhile
    }
  }
  return []
}
