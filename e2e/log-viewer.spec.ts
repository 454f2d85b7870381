import { rmSync, writeFileSync } from 'node:fs'
import type { Locator, Request } from '@playwright/test'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'

/** Prints numbered lines; the three that are to be found stand near both ends and in the middle, one of them in colours. */
const LONG = `for n in range(1, 30_001):
    word = {3: "Needle", 15_000: "\\x1b[31mnee\\x1b[0mdle", 29_999: "needle"}.get(n, "hay")
    print(f"{n} {word}", "x" * 400 if n % 10 == 0 else "")
print("the end")
`

test.describe('a long log', () => {
  let long = ''
  test.beforeEach(async ({ fleet, page }) => {
    if (long === '') long = (await fleet.submit({ name: 'Long', script: LONG })).id
    const job = new JobPage(page)
    await job.open(long)
    await expect(job.state).toHaveText('completed')
  })

  test('opens at its end, reads nothing but the pages there, and reaches its beginning', async ({ page }) => {
    const job = new JobPage(page)
    await page.goto('about:blank')
    const reads = logReads(page)
    await job.open(long)
    await expect(line(job, 30_001)).toBeInViewport()
    await expect(line(job, 30_001)).toContainText('the end')
    await expect(line(job, 29_998)).toContainText('29998 hay')
    // the page of the last line, that of the lines before it, and one more beforehand
    await expect.poll(() => reads.map(({ from }) => from).sort()).toEqual([28_001, 29_001, 30_001])
    await job.log.press('Home')
    await expect(line(job, 1)).toBeInViewport()
    await expect(line(job, 1)).toContainText('1 hay')
    await expect(page.getByRole('button', { name: 'Follow' })).toHaveAttribute('aria-pressed', 'false')
    expect(Math.max(...reads.map(({ limit }) => limit))).toBeLessThanOrEqual(1_000)
    await job.log.press('End')
    await expect(line(job, 30_001)).toBeInViewport()
  })

  test('is searched on the server, from hit to hit and by keys alone', async ({ page }) => {
    const job = new JobPage(page)
    const found = page.getByRole('status', { name: 'Found' })
    await expect(line(job, 30_001)).toBeInViewport()
    await job.log.focus()
    await page.keyboard.press('/')
    const field = page.getByRole('searchbox', { name: 'Find in log' })
    await expect(field).toBeFocused()
    await page.keyboard.type('needle')
    await expect(found).toHaveText('3 of 3')
    await expect(line(job, 29_999)).toHaveAttribute('aria-current', 'true')
    await page.keyboard.press('Enter')
    await expect(found).toHaveText('1 of 3')
    await expect(line(job, 3)).toBeInViewport()
    await expect(line(job, 3).locator('mark')).toHaveText('Needle')
    await page.keyboard.press('Enter')
    await expect(line(job, 15_000)).toBeInViewport()
    await expect(line(job, 15_000).locator('mark')).toHaveText(['nee', 'dle'])
    await expect(page).toHaveURL(/\?attempt=1#L15000$/)
    await page.keyboard.press('Shift+Enter')
    await expect(line(job, 3)).toBeInViewport()

    await page.getByRole('button', { name: 'Match case' }).click()
    await expect(found).toHaveText('1 of 2')
    await expect(line(job, 15_000)).toBeInViewport()
    await page.getByRole('button', { name: 'Next hit' }).click()
    await expect(line(job, 29_999)).toBeInViewport()
    await field.fill('no such thing')
    await expect(found).toHaveText('Not found')
    await field.press('Escape')
    await expect(field).toHaveValue('')
    await expect(found).toBeEmpty()

    // in sight is what lies beyond the hits that were counted, and before the first one comes the last of all
    await field.fill('hay')
    await expect(found).toHaveText(/^line 29,9\d\d, one of more than 10,000$/)
    await job.log.press('Home')
    await field.fill('')
    await field.fill('hay')
    await expect(found).toHaveText('1 of more than 10,000')
    await field.press('Shift+Enter')
    await expect(found).toHaveText('line 30,000, one of more than 10,000')
    await expect(line(job, 30_000)).toHaveAttribute('aria-current', 'true')
    await field.press('Shift+Enter')
    await expect(found).toHaveText('line 29,998, one of more than 10,000')
    await field.press('Enter')
    await field.press('Enter')
    await expect(found).toHaveText('1 of more than 10,000')
  })

  test('has an address for each of its lines, and for a range of them', async ({ page, context }) => {
    const job = new JobPage(page)
    await job.log.press('Home')
    await line(job, 5).getByRole('link').click()
    await expect(page).toHaveURL(/\?attempt=1#L5$/)
    await line(job, 9)
      .getByRole('link')
      .click({ modifiers: ['Shift'] })
    await expect(page).toHaveURL(/\?attempt=1#L5-L9$/)
    await page.reload()
    await expect(line(job, 5)).toBeInViewport()
    await expect(job.log.locator('[aria-current]')).toHaveCount(5)
    const other = await context.newPage()
    await other.goto(`/jobs/${long}#L14990-L14993`)
    const there = new JobPage(other)
    await expect(line(there, 14_990)).toBeInViewport()
    await expect(there.log.locator('[aria-current]')).toHaveCount(4)
    await expect(line(there, 14_993)).toContainText('14993 hay')
    await expect(other.getByRole('button', { name: 'Jump to the end' })).toBeVisible()
  })

  test('wraps long lines where one wants it, and still shows both ends and any line', async ({ page }) => {
    const job = new JobPage(page)
    await expect(line(job, 30_000)).toContainText('xxx')
    expect(await overflows(job.log)).toBe(true)
    await page.getByRole('button', { name: 'Wrap' }).click()
    await expect.poll(() => overflows(job.log)).toBe(false)
    await expect(line(job, 30_001)).toBeInViewport()
    expect((await line(job, 30_000).boundingBox())?.height).toBeGreaterThan(40)
    await job.log.press('Home')
    await expect(line(job, 1)).toBeInViewport()
    await expect(line(job, 10)).toContainText('xxx')
    await page.getByRole('searchbox', { name: 'Find in log' }).fill('15000 ')
    await expect(line(job, 15_000)).toBeInViewport()
    await page.getByRole('button', { name: 'Wrap' }).click()
    await page.getByRole('button', { name: 'Times' }).click()
    await expect(job.log.getByText(/^\d\d:\d\d:\d\d\.\d{3}$/).first()).toBeVisible()
  })
})

test('who follows stays at the end when the window gets lower', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'Lower', script: 'for n in range(1, 201): print("line", n)' })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await expect(line(job, 200)).toBeInViewport()
  await page.setViewportSize({ width: 1280, height: 600 })
  await expect(line(job, 200)).toBeInViewport()
  await expect(page.getByRole('button', { name: 'Follow' })).toHaveAttribute('aria-pressed', 'true')
})

test('whoever scrolls up is left in peace, and comes back to the end by one click', async ({
  page,
  fleet,
}, testInfo) => {
  const gate = testInfo.outputPath('gate')
  const script = `import os, sys, time
for n in range(1, 201): print("before", n)
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
for n in range(1, 201): print("after", n)
while os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
print("last", file=sys.stderr)`
  const { id } = await fleet.submit({ name: 'Followed', script })
  const job = new JobPage(page)
  await job.open(id)
  await expect(line(job, 200)).toBeInViewport()
  const follow = page.getByRole('button', { name: 'Follow' })
  await expect(follow).toHaveAttribute('aria-pressed', 'true')
  await job.log.hover()
  await page.mouse.wheel(0, -800)
  await expect(follow).toHaveAttribute('aria-pressed', 'false')
  const top = await job.log.evaluate((element) => element.scrollTop)
  writeFileSync(gate, '')
  await expect(page.getByText('400 lines')).toBeVisible()
  expect(await job.log.evaluate((element) => element.scrollTop)).toBe(top)
  await page.getByRole('button', { name: 'Jump to the end' }).click()
  await expect(line(job, 400)).toBeInViewport()
  await expect(line(job, 400)).toContainText('after 200')
  await expect(follow).toHaveAttribute('aria-pressed', 'true')
  rmSync(gate)
  await expect(line(job, 401)).toBeInViewport()
  await expect(line(job, 401)).toContainText('stderr') // by a word, and not by a colour alone
})

const line = (job: JobPage, n: number): Locator => job.log.locator(`[data-line="${n}"]`)

async function overflows(log: Locator): Promise<boolean> {
  return await log.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
}

/** The ranges of lines that the page asks for from now on. */
function logReads(page: JobPage['page']): { from: number; limit: number }[] {
  const reads: { from: number; limit: number }[] = []
  page.on('request', (request: Request) => {
    const url = new URL(request.url())
    if (!url.pathname.endsWith('/jobs.logs')) return
    reads.push(JSON.parse(url.searchParams.get('input') ?? '{}') as { from: number; limit: number })
  })
  return reads
}
