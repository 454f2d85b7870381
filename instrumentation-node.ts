import { web } from './server/compose'
import { watchRequests } from './server/metrics'

/**
 * Checks the environment, so that a bad one stops the process at once and says why; and ends every open stream when the process
 * is asked to stop, since Next waits for them for ever.
 */
export function start(): void {
  try {
    const { closing, publicUrl, log, metrics } = web()
    watchRequests(metrics)
    // next-auth reads its own address from the environment and from nowhere else; ours is the one truth
    // biome-ignore lint/style/noProcessEnv: see above
    process.env.NEXTAUTH_URL = publicUrl
    const close = (signal: string) => {
      log.info({ signal }, 'closing streams')
      closing.abort()
    }
    process.once('SIGTERM', close)
    process.once('SIGINT', close)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}
