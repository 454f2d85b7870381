/** How to get into the installation under test. Browsers are sent to the store at `storeOrigin`, and nowhere else. */
export type System = {
  url: string
  storeOrigin: string
  email: string
  password: string
  apiToken: string
  logDir: string
}

/** Names the variable that holds a SystemWish for e2e/system.ts, as JSON. */
export const SYSTEM_WISH = 'STOUT_E2E_WISH'

/** Settings for web and worker, and the ports they shall have (any free ones by default). */
export type SystemWish = { env?: NodeJS.ProcessEnv; ports?: Partial<Record<'web' | 'worker' | 'store', number>> }

const VARIABLE = 'STOUT_E2E_SYSTEM'

/** Tells the processes that run the tests. */
export function publishSystem(system: System): void {
  process.env[VARIABLE] = JSON.stringify(system)
}

/** @throws Error when there is none: the tests run by `playwright test --config e2e/playwright.config.ts` */
export function theSystem(): System {
  const text = process.env[VARIABLE]
  if (!text) throw new Error('No installation was started for these tests.')
  return JSON.parse(text) as System
}
