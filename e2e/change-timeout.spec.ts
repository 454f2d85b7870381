import { expect, test } from './fixtures'
import { JobPage } from './job-page'

test('a running job gets another timeout: refused where it is over already, else pending until the box knows', async ({
  page,
  fleet,
  problems,
}) => {
  problems.expect(/status of 400/)
  const script = 'import time\nprint("up", flush=True)\ntime.sleep(600)'
  const { id } = await fleet.submit({ name: 'Long', script, timeoutSeconds: 300, graceSeconds: 0 })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('running')
  const change = page.getByRole('button', { name: 'Change timeout' })
  const dialog = page.getByRole('dialog', { name: 'Change timeout' })
  await expect.poll(() => job.texts()).toEqual(['up'])

  await change.click()
  const field = dialog.getByRole('textbox', { name: 'Timeout (seconds)' })
  await expect(field).toHaveValue('300')
  await field.fill('0')
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription(/must be at least 1 s/)
  await field.fill('7200')
  await expect(field).toHaveAccessibleDescription(/= 2 h/)
  await dialog.getByRole('button', { name: 'Change timeout' }).click()
  await expect(dialog).toBeHidden()
  await expect(change).toBeFocused()
  await expect(job.timeline).toContainText([/Timeout is now 2 h.*was 5 min/, /The box knows the new deadline/])
  await expect(page.getByRole('region', { name: 'Facts', exact: true })).toContainText('2 h')

  await job.cancel.click()
  await job.dialog.getByRole('button', { name: 'Cancel job' }).click()
  await expect(job.state).toHaveText('cancelled')
  await expect(change).toBeDisabled()
  await expect(change).toHaveAccessibleDescription('The job is cancelled; its time does not matter any more.')
})
