import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadEnv } from '../core/env'
import { startWorker } from './start'

/** The folder of the supervisor's files, seen from worker/ and from dist/ alike. */
const SUPERVISOR = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'box', 'supervisor')

/** A worker that has not stopped by then (its database may be away) goes all the same: nothing that it holds is the truth. */
const STOP_MS = 9_000

const worker = await startWorker(loadEnv(), SUPERVISOR)
const stop = () => {
  setTimeout(() => process.exit(0), STOP_MS).unref()
  worker.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
