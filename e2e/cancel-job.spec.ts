import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'

test('a running job is cancelled: its script ends and its box is free', async ({ page, fleet }) => {
  const mark = crypto.randomUUID()
  const script = readFileSync('examples/hanging.py', 'utf8')
  const { id } = await fleet.submit({
    name: 'Hanging',
    script,
    args: [mark],
    target: { box: 'bench-2' },
    graceSeconds: 2,
  })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('running')
  await expect.poll(() => job.texts()).toEqual(['waiting for the device to say READY on the UART …'])
  expect(processesWith(mark)).not.toEqual([])

  await job.cancel.click()
  await expect(job.dialog).toContainText('Hanging')
  await job.dialog.getByRole('button', { name: 'Keep it' }).click()
  await expect(job.dialog).toBeHidden()
  await expect(job.cancel).toBeFocused()
  await expect(job.state).toHaveText('running')

  await job.cancel.click()
  await job.dialog.getByRole('textbox', { name: /Reason/ }).fill('wrong firmware')
  await job.dialog.getByRole('button', { name: 'Cancel job' }).click()
  await expect(job.state).toHaveText('cancelled')
  await expect(job.dialog).toBeHidden()
  await expect(job.cancel).toBeDisabled()
  await expect(job.cancel).toHaveAccessibleDescription('The job is cancelled; there is nothing to cancel.')
  await expect(job.timeline).toContainText([/Started on bench-2/, /Cancelled.*wrong firmware/, /free again/])
  expect((await fleet.job(id)).state).toBe('cancelled')

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Boxes' }).click()
  const box = page.getByRole('row', { name: 'bench-2' })
  await expect(box).toContainText('online')
  await expect(box.getByText('free', { exact: true })).toBeVisible()
  expect(processesWith(mark)).toEqual([])
})

test('who cancels a job that waits for a box finds it cancelled, and it never ran', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ script: 'print("never")', requires: ['dut=unobtainium'] })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('waiting for box')
  await job.cancel.click()
  await job.dialog.getByRole('button', { name: 'Cancel job' }).click()
  await expect(job.state).toHaveText('cancelled')
  await expect(job.log).toHaveText('It never ran.')
})

/** Pids of the processes of this machine that have `mark` in their command line. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(mark))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
