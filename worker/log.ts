import { pino } from 'pino'

/** Structured log of the process: objects with jobId, attempt, boxId and requestId where they are known. Never a secret. */
export type Log = ReturnType<typeof openLog>

export function openLog(level: string) {
  return pino({ level, base: { process: 'worker', pid: process.pid } })
}
