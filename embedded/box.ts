/**
 * `npm run box -- --config box.json`: makes dist/box.mjs, the one file that a bench needs, and runs it here. It ends with
 * whoever started it.
 */
import { pathToFileURL } from 'node:url'
import { buildProcesses } from './build'

if (process.send) process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
const { box } = await buildProcesses()
await import(pathToFileURL(box).href)
