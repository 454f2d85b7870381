import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { sql } from 'kysely'
import { type Db, openDatabase } from '../db/client'
import { type Browsing, interactionsOf } from './browser'
import { simulatedBoxes } from './fleet'
import type { Figure } from './stats'
import type { System } from './system'
import { wholeLife } from './throughput'

const BOXES = 20
const SUBMITTERS = 8
/** Each of them makes five or six events: submitted, placed, started, exited, completed, at times a wait. */
const JOBS_A_SECOND = 4
/** Shorter ones are not told by the browser. */
const LEAST_MS = 16
const LABELS = { bench: 'simulated' }
const JOB = { script: 'print(1)', requires: ['bench=simulated'] }
/** As many rows and fields as are touched, and nothing behind them. */
const PLAIN = `<input type="search" aria-label="Search jobs"><table>${Array.from(
  { length: 20 },
  (_, n) => `<tr><td><input type="checkbox" aria-label="Choose ${n}">`,
).join('')}</table>`

/**
 * From a key or click to the next frame, on the list of jobs with so many jobs behind it while some twenty of their events a second
 * arrive; each job lives its whole life on a simulated box. Floor: the same touches on a page of plain fields.
 */
export async function listInteractions(
  system: System,
  browsing: Browsing,
  jobs: number,
  rounds: number,
): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack()
  const db = stack.adopt(openDatabase(system.databaseUrl, { name: 'bench', maxConnections: 2 }), (open) =>
    open.destroy(),
  )
  const { id: orgId } = await db.selectFrom('orgs').select('id').executeTakeFirstOrThrow()
  const failed = (error: Error) => console.error(`A supervisor failed: ${error.message}`)
  await simulatedBoxes(BOXES, (launch) => void wholeLife(launch).catch(failed), LABELS)({ db, orgId }, stack)
  await submitted(system, jobs)
  await allEnded(db)
  await browsing.fresh(async (page) => await page.goto('/jobs'))
  const floor = await browsing.fresh(async (page) => {
    await page.goto(`data:text/html,${encodeURIComponent(PLAIN)}`)
    return await touches(page, rounds)
  })
  const over = new AbortController()
  const moving = keepMoving(system, over.signal)
  const [before, began] = [await events(db), performance.now()]
  const samples = await browsing
    .fresh(async (page) => {
      await loadAll(page, jobs)
      return await touches(page, rounds)
    })
    .finally(() => over.abort())
  const perSecond = ((await events(db)) - before) / ((performance.now() - began) / 1_000)
  await moving
  const what = `key or click → frame, list of ${jobs} jobs, ${perSecond.toFixed(0)} events/s`
  const floorWhat = 'the same on a page of plain fields'
  return [{ name: 'pages-list-interaction', what, floorWhat, unit: 'ms', aim: 'p95 ≤ 100 ms', samples, floor }]
}

async function submitted(system: System, jobs: number): Promise<void> {
  let left = jobs
  const submitter = async () => {
    while (left-- > 0) await system.submit(JOB)
  }
  await Promise.all(Array.from({ length: SUBMITTERS }, submitter))
}

async function allEnded(db: Db): Promise<void> {
  const live = db.selectFrom('jobs').select('id').where('finishedAt', 'is', null).limit(1)
  while (await live.executeTakeFirst()) await sleep(500)
}

async function keepMoving(system: System, over: AbortSignal): Promise<void> {
  while (!over.aborted) await Promise.all([system.submit(JOB), sleep(1_000 / JOBS_A_SECOND)])
}

async function events(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from events`.execute(db)
  return rows[0]?.count ?? 0
}

/**
 * Opens the list and scrolls to its end, so that all of its rows are there, then back to its beginning, where it moves.
 * @throws Error unless there are so many
 */
async function loadAll(page: Page, jobs: number): Promise<void> {
  await page.goto('/jobs')
  const rows = async () => Number(await page.getByRole('table').getAttribute('aria-rowcount'))
  while ((await rows()) === -1) {
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
    await sleep(50)
  }
  if ((await rows()) <= jobs) throw new Error(`The list of ${jobs} jobs has ${await rows()} rows`)
  await page.evaluate(() => window.scrollTo(0, 0))
}

/** Ticks a box by a click and by a key, goes on by keys, scrolls, types a word into the search and takes it back. */
async function touches(page: Page, rounds: number): Promise<number[]> {
  const search = page.getByLabel('Search jobs')
  await search.waitFor()
  await sleep(1_000)
  await interactionsOf(page)
  let made = 0
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
    made += keys.length
  }
  for (let round = 0; round < rounds; round++) {
    const rank = 2 + (round % 8)
    await page.getByRole('checkbox').nth(rank).click()
    made++
    await press('Space', 'ArrowDown', 'Space', 'Tab', 'Shift+Tab', 'PageDown', 'PageUp')
    await search.focus()
    await press(...'soak', ...Array<string>(4).fill('Backspace'))
    await page.evaluate(() => window.scrollTo(0, 0))
  }
  await sleep(500)
  const told = await interactionsOf(page)
  return [...told, ...Array<number>(Math.max(0, made - told.length)).fill(LEAST_MS)]
}
