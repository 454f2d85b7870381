import { inject } from 'vitest'
import { aRedis, aRedisCluster } from './redis'

declare module 'vitest' {
  interface ProvidedContext {
    /** What queues and live bus run on in this run (vitest.config.ts). */
    backend: 'postgres' | 'redis' | 'cluster'
  }
}

/** The settings for the backend of this run, or of `kind`: nothing for Postgres, else a Redis of the test's own. */
export async function aBackend(kind = inject('backend')): Promise<AsyncDisposable & { env: { REDIS_URL?: string } }> {
  const stack = new AsyncDisposableStack()
  const env =
    kind === 'postgres' ? {} : { REDIS_URL: stack.use(kind === 'redis' ? await aRedis() : await aRedisCluster()).url }
  return { env, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
