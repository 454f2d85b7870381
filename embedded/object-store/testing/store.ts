import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Started, startProgram } from '../../../worker/testing/processes'
import { objectStoreServer } from '../server'
import { openStore, S3_LIMITS } from '../storage/store'

/** How a test reaches a store. */
export type StoreAccess = {
  /** `http://127.0.0.1:<port>` */
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** The `S3_…` variables that web and worker take. */
  env: Record<string, string>
}
export type TestStore = StoreAccess & AsyncDisposable & { dir: string; faults: unknown[] }
export type StoreProcess = StoreAccess &
  AsyncDisposable & {
    dir: string
    /** Kills it (`kill -9`) and waits until it is gone. */
    kill(): Promise<void>
    /** Starts it again, on the same port and folder. */
    start(): Promise<void>
  }

const BUCKET = 'stout-test'
const REGION = 'us-east-1'
const credentials = { accessKeyId: 'STOUTTEST', secretAccessKey: 'a secret key for tests only' }

/**
 * An object store in this process: a real server on a free port, with a folder of its own that goes with it.
 * @param options.now the clock that signatures are judged by and objects are dated with
 */
export async function aStore(
  options: { allowedOrigins?: string[]; maxPutBytes?: number; minPartBytes?: number; now?: () => Date } = {},
): Promise<TestStore> {
  const { allowedOrigins = [], now = () => new Date(), ...limits } = options
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-store-'))
  const faults: unknown[] = []
  const onError = (error: unknown) => void faults.push(error)
  const store = openStore(dir, { limits: { ...S3_LIMITS, ...limits }, now, onError })
  store.catalogue.createBucket(BUCKET, now())
  const server = objectStoreServer({ store, credentials, region: REGION, allowedOrigins, onFault: onError })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...access((server.address() as AddressInfo).port),
    dir,
    faults,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      store.catalogue.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/**
 * An object store as a process of its own, which can be killed and started again.
 * @param options.diskMegabytes its folder is a file system of that size, which nobody else sees into and which ends with it
 */
export async function aStoreProcess(options: { diskMegabytes?: number } = {}): Promise<StoreProcess> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-store-'))
  const mount = `mount -t tmpfs -o size=${options.diskMegabytes}m none '${dir}' && exec "$@"`
  const within = options.diskMegabytes ? ['unshare', '-rm', 'sh', '-c', mount, 'sh'] : []
  let port = 0
  let running: Started | null = null
  const start = async () => {
    const settings = { STOUT_STORE_DIR: dir, STOUT_STORE_PORT: String(port), ...access(port).env }
    running = await startProgram('store', [], settings, 'the store listens', within)
    port = Number(running.ready.port)
  }
  await start()
  return {
    ...access(port),
    dir,
    start,
    async kill() {
      const child = running?.child
      running = null
      if (!child || child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function access(port: number): StoreAccess {
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    bucket: BUCKET,
    region: REGION,
    ...credentials,
    env: {
      S3_ENDPOINT: endpoint,
      S3_PUBLIC_ENDPOINT: endpoint,
      S3_BUCKET: BUCKET,
      S3_REGION: REGION,
      S3_ACCESS_KEY_ID: credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  }
}
