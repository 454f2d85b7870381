import type { ChildSpec } from './children'
import type { Settings, StateFolder } from './state'

type Given = Record<string, string | undefined>

/** True unless the environment names another store. */
export const isStoreEmbedded = (given: Given): boolean => !given.S3_ENDPOINT

/**
 * The `S3_…` variables of the embedded store, for web and worker.
 * @param boxUrl where boxes reach the worker: the store is on the same machine
 */
export function storeEnvironment(
  given: Given,
  { storePort, storeKeys }: Settings,
  localHost: string,
  boxUrl: string,
): Record<string, string> {
  return {
    S3_ENDPOINT: `http://${localHost}:${storePort}`,
    S3_PUBLIC_ENDPOINT: given.S3_PUBLIC_ENDPOINT || `http://${new URL(boxUrl).hostname}:${storePort}`,
    S3_BUCKET: given.S3_BUCKET || 'stout',
    S3_REGION: given.S3_REGION || 'us-east-1',
    S3_ACCESS_KEY_ID: storeKeys.accessKeyId,
    S3_SECRET_ACCESS_KEY: storeKeys.secretAccessKey,
  }
}

/**
 * The process of the embedded store. It is told nothing but what it needs.
 * @param origins of the web application, whose pages may upload and download
 */
export function storeProcess(
  state: StateFolder,
  program: string,
  environment: Record<string, string>,
  { host, port, origins }: { host: string; port: number; origins: readonly string[] },
): ChildSpec {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production' as const,
    ...environment,
    STOUT_HOST: host,
    STOUT_STORE_PORT: String(port),
    STOUT_STORE_DIR: state.file('objects'),
    STOUT_STORE_ORIGINS: origins.join(' '),
  }
  return { name: 'store', command: [process.execPath, '--enable-source-maps', program], env: () => env }
}

/** Null once the store answers at `endpoint`, else what was heard instead. */
export async function whatStoreSays(endpoint: string): Promise<string | null> {
  const response = await fetch(endpoint, { signal: AbortSignal.timeout(5000) })
  await response.body?.cancel()
  const server = response.headers.get('server')
  return server === 'stout-object-store' ? null : `${response.status} of ${server ?? 'a server without a name'}`
}
