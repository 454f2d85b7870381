import { type BrowserContext, chromium, type Page } from '@playwright/test'
import type { System } from './system'

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>
/** A browser, and the state of one that has signed in. */
export type Browsing = {
  /** Runs `work` with a page of a context of its own: nothing is in its caches. */
  fresh<T>(work: (page: Page) => Promise<T>, signedIn?: boolean): Promise<T>
}
/** What a page says of itself (web-vitals' words): ms since the navigation, a share of the window, bytes as they were sent. */
export type Vitals = { lcpMs: number; cls: number; scriptBytes: number }

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']
const VIEWPORT = { width: 1280, height: 1000 }
/** After `load`: what comes late may still move things, and neighbours are fetched ahead. */
const SETTLE_MS = 1_500

/** Starts Chromium (`STOUT_CHROMIUM`, else the system's), signs in once, runs `work`, and ends it. */
export async function withBrowser<T>(system: System, work: (browsing: Browsing) => Promise<T>): Promise<T> {
  const executablePath = process.env.STOUT_CHROMIUM || '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ARGS })
  const within = async <R>(use: (page: Page) => Promise<R>, storageState?: StorageState): Promise<R> => {
    const context = await browser.newContext({
      viewport: VIEWPORT,
      baseURL: system.url,
      ...(storageState && { storageState }),
    })
    try {
      const page = await context.newPage()
      await page.addInitScript({ content: 'globalThis.__name = (named) => named' }) // what esbuild puts into functions asks for it
      await page.addInitScript(observe)
      return await use(page)
    } finally {
      await context.close()
    }
  }
  try {
    const session = await within((page) => signIn(page, system))
    return await work({ fresh: (use, signedIn = true) => within(use, signedIn ? session : undefined) })
  } finally {
    await browser.close()
  }
}

async function signIn(page: Page, { email, password }: System): Promise<StorageState> {
  await page.goto('/sign-in')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  return await page.context().storageState()
}

/** Opens a page and reads its vitals when it has come to rest. @throws Error unless the answer is a 200 of that path */
export async function vitalsOf(page: Page, url: string): Promise<Vitals> {
  const answer = await page.goto(url, { waitUntil: 'load' })
  if (answer?.status() !== 200) throw new Error(`${url} was answered ${answer?.status()}`)
  await page.waitForTimeout(SETTLE_MS)
  return await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const scripts = entries.filter(({ name }) => new URL(name).pathname.endsWith('.js'))
    const scriptBytes = scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
    const { lcpMs, cls } = (window as unknown as Observed).stoutObserved
    return { lcpMs, cls, scriptBytes }
  })
}

/** How long the interactions since the last call took until the next frame was shown; those below 16 ms are not told. */
export async function interactionsOf(page: Page): Promise<number[]> {
  return await page.evaluate(() => {
    const { interactions } = (window as unknown as Observed).stoutObserved
    const took = [...interactions.values()]
    interactions.clear()
    return took
  })
}

type Observed = { stoutObserved: { lcpMs: number; cls: number; interactions: Map<number, number> } }

/** Runs in the page before anything of it does. */
function observe(): void {
  const seen = { lcpMs: 0, cls: 0, interactions: new Map<number, number>() }
  ;(window as unknown as Observed).stoutObserved = seen
  const watch = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      ...{ type, buffered: true, durationThreshold: 16 },
    } as PerformanceObserverInit)
  watch('largest-contentful-paint', ({ startTime }) => {
    seen.lcpMs = startTime
  })
  watch('layout-shift', (entry) => {
    const { hadRecentInput, value } = entry as PerformanceEntry & { hadRecentInput: boolean; value: number }
    if (!hadRecentInput) seen.cls += value
  })
  watch('event', (entry) => {
    const { interactionId, duration } = entry as PerformanceEventTiming & { interactionId: number }
    if (interactionId)
      seen.interactions.set(interactionId, Math.max(duration, seen.interactions.get(interactionId) ?? 0))
  })
}
