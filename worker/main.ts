import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadEnv } from '../core/env'
import { startWorker } from './start'

/** The folder of the supervisor's files, seen from worker/ and from dist/ alike. */
const SUPERVISOR = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'box', 'supervisor')

const worker = await startWorker(loadEnv(), SUPERVISOR)
const stop = () => {
  worker.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
