import type { Locator, Page } from '@playwright/test'
import { expect, openLive, test } from './fixtures'
import { JobPage } from './job-page'

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })

  test('a job is submitted, watched, searched and found again, and nothing scrolls sideways', async ({ page }) => {
    const fits = async () =>
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await openLive(page, '/')
    await fits()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'New job' }).tap()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('From a phone')
    await page
      .getByRole('textbox', { name: 'Script', exact: true })
      .fill('for n in range(300): print("line", n, "x" * 90)')
    await fits()
    await page.getByRole('button', { name: 'Submit job' }).tap()
    const job = new JobPage(page)
    await job.jobId()
    await expect(job.state).toHaveText('completed')
    await page.getByRole('button', { name: 'Wrap' }).tap()
    await expect(job.log.locator('[data-line="300"]')).toBeAttached()
    await page.getByRole('searchbox', { name: 'Find in log' }).fill('line 7 ')
    await expect(page.getByRole('status', { name: 'Found' })).toHaveText('1 of 1')
    await expect(job.log.locator('[data-line="8"]')).toBeInViewport()
    await fits()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).tap()
    await expect(page.getByRole('row', { name: 'From a phone' }).first()).toContainText('completed')
    await fits()
  })
})

test('a job is submitted, searched, cancelled and run again by the keyboard alone', async ({ page }) => {
  test.setTimeout(240_000)
  await openLive(page, '/')
  await tabTo(page, page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'New job' }))
  await page.keyboard.press('Enter')
  const script = page.getByRole('textbox', { name: 'Script', exact: true })
  await expect(script).toBeVisible()
  await tabTo(page, script)
  await page.keyboard.type('print("needle")\nimport time\ntime.sleep(600)')
  await page.keyboard.press('Escape') // else Tab would indent
  await tabTo(page, page.getByRole('button', { name: 'Submit job' }))
  await page.keyboard.press('Enter')
  const job = new JobPage(page)
  const first = await job.jobId()
  await expect(job.state).toHaveText('running')
  await expect.poll(() => job.texts()).toEqual(['needle'])
  await tabTo(page, job.log)
  await page.keyboard.press('/')
  await page.keyboard.type('need')
  await expect(page.getByRole('status', { name: 'Found' })).toHaveText('1 of 1')

  await tabTo(page, job.cancel)
  await page.keyboard.press('Enter')
  await expect(job.dialog).toBeVisible()
  await tabTo(page, job.dialog.getByRole('button', { name: 'Cancel job' }))
  await page.keyboard.press('Enter')
  await expect(job.state).toHaveText('cancelled')
  await expect(job.cancel).toBeFocused()
  await tabTo(page, page.getByRole('button', { name: 'Rerun', exact: true }))
  await page.keyboard.press('Enter')
  await expect(page).not.toHaveURL(new RegExp(first))
  await expect(job.state).toHaveText('running')
})

/** Presses Tab until the focus is there. It must come there: around the page and its end, in fewer steps than anybody would go. */
async function tabTo(page: Page, to: Locator): Promise<void> {
  for (let steps = 0; steps < 120; steps++) {
    if (await to.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  await expect(to).toBeFocused()
}
