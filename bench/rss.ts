import { readFileSync } from 'node:fs'

/** Resident memory of a process in MB; 0 when it is gone. */
export function rssMegabytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_000
  } catch {
    return 0
  }
}
