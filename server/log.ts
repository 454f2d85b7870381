import { pino } from 'pino'

/** Structured log of the web process: objects with requestId, jobId and userId where they are known. Never a secret. */
export type Log = ReturnType<typeof openLog>

export function openLog(level: string) {
  return pino({ level, base: { process: 'web', pid: process.pid } })
}
