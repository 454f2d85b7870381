import { readdirSync, readFileSync } from 'node:fs'
import { sql } from 'kysely'
import type { Db } from '../db/client'

const MS_A_TICK = 10
/** Fields of /proc/<pid>/stat after the name, from 0: parent; user, system, and both of children that ended. */
const FIELDS = { parent: 1, times: [11, 12, 13, 14] }

/** CPU time in ms that some processes have used so far. Unlike time by the clock it hardly depends on who else uses the machine. */
export type CpuTimes = { worker: number; postgres: number; bench: number }

/** A reader of the CPU times of a worker, of the server behind `db` with all its sessions, and of this process. */
export async function cpuReader(db: Db, workerPid: number): Promise<() => CpuTimes> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  const postmaster = Number(statOf(rows[0]?.pid ?? 0)?.[FIELDS.parent])
  return () => {
    const { user, system } = process.cpuUsage()
    const sessions = childrenOf(postmaster).reduce((sum, pid) => sum + msOf(pid), 0)
    return { worker: msOf(workerPid), postgres: msOf(postmaster) + sessions, bench: (user + system) / 1_000 }
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => Number(statOf(pid)?.[FIELDS.parent]) === parent)
}

function msOf(pid: number): number {
  const stat = statOf(pid)
  return FIELDS.times.reduce((sum, field) => sum + Number(stat?.[field] ?? 0), 0) * MS_A_TICK
}

/** Undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
