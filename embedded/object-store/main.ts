/**
 * The embedded object store as a process: reads its settings from the environment, prints one line of JSON once it listens,
 * and ends on SIGTERM when the answers under way are out.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { objectStoreServer } from './server'
import { readSettings } from './settings'
import { openStore } from './storage/store'

const STOP_MS = 2000

const log = pino({ base: { process: 'store', pid: process.pid } })
const { dir, host, port, bucket, region, credentials, allowedOrigins } = readSettings(process.env)
const store = openStore(dir, { onError: (err) => log.warn({ err }, 'a file that nobody needs could not be removed') })
store.catalogue.createBucket(bucket, store.now())
const onFault = (err: unknown, request: { id: string }) => log.error({ err, requestId: request.id }, 'a request failed')
const server = objectStoreServer({ store, credentials, region, allowedOrigins, onFault })

server.listen(port, host)
await once(server, 'listening')
log.info({ port: (server.address() as AddressInfo).port, host }, 'the store listens')

function stop(): void {
  setTimeout(() => server.closeAllConnections(), STOP_MS).unref()
  server.close(() => {
    store.catalogue.close()
    process.exit(0)
  })
  server.closeIdleConnections()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
