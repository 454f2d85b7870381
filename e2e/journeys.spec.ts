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
