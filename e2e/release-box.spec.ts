import { type Process, processes } from '../box/supervisor/testing/processes'
import { expect, openLive, test } from './fixtures'

/** The supervisor of a job, on this machine, as it lives on a box out of anybody's reach. */
async function supervisorOf(jobId: string): Promise<Process> {
  const named = (await processes()).filter(({ cmdline }) => cmdline.includes(`/stout-${jobId}-`))
  const supervisor = named.find(({ comm }) => comm === 'stout-super')
  if (!supervisor) throw new Error(`${jobId} has no supervisor`)
  return supervisor
}

test('a box that a hanging supervisor holds says so; an owner releases it with a reason, and the next job runs', async ({
  page,
  fleet,
}) => {
  const [box] = await fleet.boxes()
  if (!box) throw new Error('there is no box')
  const held = { name: 'Burn-in', script: 'import time\ntime.sleep(600)', graceSeconds: 1 }
  const job = await fleet.submit({ ...held, target: { box: box.name } })
  await expect.poll(async () => (await fleet.job(job.id)).state, { timeout: 30_000 }).toBe('running')
  const { pid } = await supervisorOf(job.id)
  process.kill(pid, 'SIGSTOP')
  try {
    await openLive(page, `/boxes/${box.id}`)
    await fleet.cancel(job.id)
    const alert = page.getByRole('alert').filter({ hasText: 'No contact with the supervisor of Burn-in' })
    await expect(alert).toContainText('The job is cancelled, but its script may still run here.', { timeout: 45_000 })
    const next = await fleet.submit({ name: 'Next', script: 'print(1)', target: { box: box.name } })

    await alert.getByRole('button', { name: 'Release …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Release box' })
    await expect(dialog).toContainText(/Burn-in may still run there and drive the bench beside it/)
    await expect(dialog.getByRole('button', { name: 'Release box' })).toBeDisabled()
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('the bench is unplugged')
    await dialog.getByRole('button', { name: 'Release box' }).click()
    await expect(alert).toBeHidden()
    const timeline = page.getByRole('region', { name: 'Timeline' })
    await expect(timeline).toContainText('Released from Burn-in by hand')
    await expect(timeline).toContainText('the bench is unplugged')
    await expect.poll(async () => (await fleet.job(next.id)).state, { timeout: 30_000 }).toBe('completed')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
})
