import type { Page } from '@playwright/test'
import { expect, openLive, test } from './fixtures'
import { JobPage } from './job-page'

const JOBS = 260
const AT_ONCE = 10

test('a list of hundreds is scrolled, comes back where it was, goes on live, and is gone through by keys', async ({
  page,
  fleet,
}) => {
  test.setTimeout(180_000)
  const word = `long-${Date.now().toString(36)}`
  // nobody can take them, and soon they give up waiting
  const one = (n: number) => ({
    name: `${word} ${n}`,
    script: 'print(1)',
    requires: ['dut=none'],
    queueTimeoutSeconds: 30,
  })
  for (let n = 0; n < JOBS; n += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => fleet.submit(one(n + i))))
  }
  await openLive(page, `/jobs?text=${word}`)
  const table = page.getByRole('table', { name: /^Jobs/ })
  const end = page.getByRole('status', { name: 'End of the list' })
  const rows = table.getByRole('row').filter({ has: page.getByRole('link') })
  await expect(rows.first()).toHaveAttribute('aria-rowindex', '2')

  await expect(async () => {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    await expect(end).toHaveText(`${JOBS} jobs, all of them.`, { timeout: 500 })
  }).toPass()
  await expect(table).toHaveAttribute('aria-rowcount', String(JOBS + 1))
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await expect(rows.last()).toHaveAttribute('aria-rowindex', String(JOBS + 1))
  expect(await rows.count()).toBeLessThan(100)

  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2))
  await expect.poll(() => placeInSight(page)).toMatchObject({ index: expect.any(Number) })
  const before = await placeInSight(page)
  await fleet.submit(one(JOBS))
  await expect(table).toHaveAttribute('aria-rowcount', String(JOBS + 2))
  await expect.poll(() => placeInSight(page)).toEqual({ ...before, index: before.index + 1 })

  await page.getByRole('link', { name: before.name, exact: true }).click()
  await expect(new JobPage(page).state).toBeVisible()
  await page.goBack()
  await expect.poll(() => placeInSight(page)).toEqual({ ...before, index: before.index + 1 })
  await page.reload()
  await expect.poll(() => placeInSight(page)).toEqual({ ...before, index: before.index + 1 })

  await page.getByRole('link', { name: before.name, exact: true }).focus()
  await page.keyboard.press('ArrowUp')
  await expect(rows.locator(':focus')).toBeInViewport()
  await page.keyboard.press('Home')
  await expect(page.getByRole('link', { name: `${word} ${JOBS}`, exact: true })).toBeFocused()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(rows.nth(2).getByRole('checkbox')).toBeFocused()
  await rows
    .nth(3)
    .getByRole('checkbox')
    .click({ modifiers: ['Shift'] })
  await expect(page.getByRole('region', { name: 'Chosen jobs' }).getByRole('status')).toHaveText('4 jobs chosen')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(rows.locator(':focus')).toHaveCount(0) // out of the list, however long it is
})

/** The row that stands in the middle of the window: its place in the list, its name, and how far it is from the window's top. */
async function placeInSight(page: Page): Promise<{ index: number; name: string; top: number }> {
  return await page.evaluate(() => {
    const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('tr')
    const top = Math.round(row?.getBoundingClientRect().top ?? 0)
    return { index: Number(row?.ariaRowIndex), name: row?.querySelector('a')?.textContent ?? '', top }
  })
}
