import { web } from './server/compose'
import { drainWhenAsked } from './server/drain'
import { watchRequests } from './server/metrics'
import { secureAnswers } from './server/secure-answers'

/** Checks the environment, so that a bad one stops the process at once and says why; and sees to it that it ends when it is asked to. */
export function start(): void {
  try {
    const { closing, env, publicUrl, store, log, metrics } = web()
    watchRequests(metrics, env.STOUT_PROXIES)
    secureAnswers({ publicUrl, storeOrigin: store.publicOrigin })
    // next-auth reads its own address from the environment and from nowhere else; ours is the one truth
    // biome-ignore lint/style/noProcessEnv: see above
    process.env.NEXTAUTH_URL = publicUrl
    drainWhenAsked(closing, log)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}
