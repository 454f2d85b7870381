import { expect, openLive, test } from './fixtures'
import { JobPage } from './job-page'

test('a job that no box fits says why it waits, and ends when its time in the queue is over', async ({ page }) => {
  await openLive(page, '/jobs/new')
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill('print("never")')
  for (const [index, value] of ['dut=stm32', 'net:Battery>=7'].entries()) {
    await page.getByRole('button', { name: 'Add requirement' }).click()
    await page.getByLabel(`Requirement ${index + 1}`, { exact: true }).fill(value)
  }
  await page.getByRole('textbox', { name: 'Queue timeout' }).fill('20')
  await page.getByRole('button', { name: 'Submit job' }).click()

  const job = new JobPage(page)
  await expect(job.state).toHaveText('waiting for box')
  const reasons = page.getByRole('region', { name: 'Waiting for a box' }).getByRole('listitem')
  await expect(reasons).toHaveCount(2)
  await expect(reasons.filter({ hasText: 'Not labelled dut=stm32' })).toContainText('bench-1, bench-3')
  await expect(reasons.filter({ hasText: /Lacks nets: needs .*Battery/ })).toContainText('bench-2')

  await expect(job.state).toHaveText('no suitable box', { timeout: 45_000 })
  await expect(page.getByRole('region', { name: 'Waiting for a box' })).toBeHidden()
  await expect(job.cancel).toBeDisabled()
  await expect(job.timeline).toContainText([/Submitted/, /Waits for a box/, /Gave up waiting/])
  await expect(job.log).toHaveText('It never ran.')
})
