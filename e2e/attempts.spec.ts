import { expect, test } from './fixtures'
import { betweenProbes, boxAddress } from './installation'
import { JobPage } from './job-page'

test('a job that a box refused has two attempts: each is told of, and each has its own log', async ({
  page,
  fleet,
  system,
}) => {
  const { host, httpPort, token } = boxAddress(system, 'bench-3')
  const ask = async (what: 'lock' | 'unlock') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ user: 'eve' })
    const answer = await fetch(`http://${host}:${httpPort}/${what}`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
  }
  const job = new JobPage(page)
  let id = ''
  await betweenProbes(system, 'bench-3', async () => {
    await ask('lock') // on the box itself: Stout hears of it when it dispatches
    id = (await fleet.submit({ name: 'Twice', script: 'print("second try")', target: { box: 'bench-3' } })).id
    await job.open(id)
    const waits = page.getByRole('region', { name: 'Waiting for a box' })
    await expect(waits).toContainText('Refused this job')
    await expect(job.state).toHaveText('waiting for box')
  })
  await ask('unlock')
  await expect(job.state).toHaveText('completed', { timeout: 60_000 })

  const attempts = page.getByRole('region', { name: 'Attempts' }).getByRole('listitem')
  await expect(attempts.first()).toContainText(/Attempt \d.*script ended/s)
  await expect(attempts.last()).toContainText(/Attempt 1.*bench-3/s)
  const last = (await fleet.job(id)).attempt
  expect(last).toBeGreaterThan(1)
  await expect(attempts).toHaveCount(last)
  await expect.poll(() => job.texts()).toEqual(['second try'])

  const log = page.getByRole('region', { name: 'Log' })
  await log.getByRole('combobox', { name: 'Attempt' }).selectOption('1')
  await expect(page).toHaveURL(/\?attempt=1$/)
  await expect(job.log).not.toContainText('second try')
  await expect(page.getByRole('region', { name: 'Artifacts' })).toContainText('It left no files.')
  await page.reload()
  await expect(attempts.last()).toHaveAttribute('aria-current', 'true')
  await attempts
    .first()
    .getByRole('button', { name: `Attempt ${last}` })
    .click()
  await expect.poll(() => job.texts()).toEqual(['second try'])
  await expect(job.timeline.filter({ hasText: /eve/ }).first()).toBeVisible()
})
