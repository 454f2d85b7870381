import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type { BoxView } from '../core/boxes/list-boxes'
import type { JobView } from '../core/jobs/job-view'
import { ON_BOX_STATES, WAITING_STATES } from '../core/jobs/state'
import { type System, theSystem } from './connection'

/** What a client of the REST API can do; tests use it to prepare what they look at, and to compare. */
class Fleet {
  constructor(private readonly system: System) {}

  async submit(submission: { script: string } & Record<string, unknown>): Promise<JobView> {
    return await this.call<JobView>('POST', '/jobs', submission)
  }

  async job(id: string): Promise<JobView> {
    return await this.call<JobView>('GET', `/jobs/${id}`)
  }

  async cancel(id: string): Promise<void> {
    await this.call('POST', `/jobs/${id}/cancel`, {})
  }

  /** The newest jobs. */
  async jobs(): Promise<JobView[]> {
    return (await this.call<{ items: JobView[] }>('GET', '/jobs?limit=200')).items
  }

  async boxes(): Promise<BoxView[]> {
    return (await this.call<{ items: BoxView[] }>('GET', '/boxes')).items
  }

  /** Cancels what still runs or waits, and waits until every box is quiet. */
  async clear(): Promise<void> {
    for (let live = await this.live(); live.length > 0; live = await this.live()) {
      for (const { id } of live) await this.cancel(id).catch(() => {}) // it may have ended meanwhile
    }
    await expect.poll(async () => (await this.boxes()).flatMap(({ leases }) => leases), { timeout: 60_000 }).toEqual([])
  }

  /** Jobs that wait or run, the newest of them. */
  private async live(): Promise<JobView[]> {
    const states = [...WAITING_STATES, ...ON_BOX_STATES].map((state) => `state=${state}`).join('&')
    return (await this.call<{ items: JobView[] }>('GET', `/jobs?limit=200&${states}`)).items
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.system.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.system.apiToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    return JSON.parse(text) as T
  }
}

/** What a page must never do, unless a test says that it expects it. */
class Problems {
  private readonly found: string[] = []
  private readonly expected: RegExp[] = []

  constructor(
    private readonly context: BrowserContext,
    { url, storeOrigin }: System,
  ) {
    const known = [new URL(url).origin, storeOrigin]
    context.on('weberror', (error) => this.found.push(`page error: ${error.error().stack ?? error.error().message}`))
    context.on('console', (message) => {
      const { url: from, lineNumber } = message.location()
      const where = `on ${message.page()?.url()}, from ${from}:${lineNumber}`
      if (['error', 'warning'].includes(message.type())) this.found.push(`console: ${message.text()} (${where})`)
    })
    context.on('dialog', (dialog) => {
      this.found.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    context.on('request', (request) => {
      const { protocol, origin: to } = new URL(request.url())
      if (!known.includes(to) && protocol.startsWith('http')) this.found.push(`request elsewhere: ${request.url()}`)
    })
    context.on('response', (response) => {
      if (response.status() >= 500) this.found.push(`${response.status()} ${response.url()}`)
    })
  }

  /** What a page's Content-Security-Policy forbade. Before the first page: each page tells from its beginning on. */
  async hearViolations(): Promise<void> {
    await this.context.exposeFunction('stoutForbade', (what: string) => this.found.push(`forbidden: ${what}`))
    await this.context.addInitScript(() => {
      const { stoutForbade } = window as unknown as { stoutForbade: (what: string) => void }
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
        stoutForbade(`${effectiveDirective} ${blockedURI} ${sample}`),
      )
    })
  }

  /** True when something like that has happened. */
  saw(problem: RegExp): boolean {
    return this.found.some((text) => problem.test(text))
  }

  expect(problem: RegExp): void {
    this.expected.push(problem)
  }

  unexpected(): string[] {
    return this.found.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)))
  }
}

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>
type TestFixtures = { fleet: Fleet; problems: Problems }
type WorkerFixtures = { system: System; session: StorageState }

/** Tests in a browser that is signed in; those of signing in itself begin with `test.use({ storageState: SIGNED_OUT })`. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  system: [async ({ browserName: _ }, use) => await use(theSystem()), { scope: 'worker' }],
  session: [
    async ({ browser, system }, use) => {
      const context = await browser.newContext({ baseURL: system.url })
      const page = await context.newPage()
      await page.goto('/sign-in')
      await signIn(page, system)
      await expect(page).toHaveURL('/')
      const state = await context.storageState()
      await context.close()
      await use(state)
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ system }, use) => await use(system.url),
  storageState: async ({ session }, use) => await use(session),
  fleet: [
    async ({ system }, use) => {
      const fleet = new Fleet(system)
      await use(fleet)
      await fleet.clear()
    },
    { auto: true },
  ],
  problems: [
    async ({ context, system }, use) => {
      const problems = new Problems(context, system)
      await problems.hearViolations()
      await use(problems)
      expect(problems.unexpected(), 'What the pages did that they should not').toEqual([])
    },
    { auto: true },
  ],
})

export const SIGNED_OUT = { cookies: [], origins: [] }

/** Fills in the sign-in page that is open. */
export async function signIn(page: Page, { email, password }: Pick<System, 'email' | 'password'>): Promise<void> {
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens a page and waits until it is live: what is typed and clicked from then on, it takes. */
export async function openLive(page: Page, path: string): Promise<void> {
  const live = page.waitForRequest((request) => request.resourceType() === 'eventsource')
  await page.goto(path)
  await live
}

export { expect }
