import { expect, test } from './fixtures'
import { JobPage } from './job-page'
import { NewJobPage } from './new-job-page'

const SCRIPT = `import os
value = os.environ["BENCH_KEY"]
print("length", len(value))
print("the key is", value, "said the script")
`

test('a secret reaches the script and no other place: it is masked in the log, and on no page or in any address', async ({
  page,
  context,
  fleet,
}) => {
  const value = `hunter2-${crypto.randomUUID()}`
  const answers: Promise<string>[] = []
  const addresses: string[] = []
  context.on('request', (request) => addresses.push(request.url()))
  context.on('response', (response) => {
    if (/json|text/.test(response.headers()['content-type'] ?? '') && !response.url().includes('/api/live')) {
      answers.push(response.text().catch(() => ''))
    }
  })
  const form = new NewJobPage(page)
  await form.open()
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill(SCRIPT)
  await form.add('Add secret', { 'Secret 1 name': 'BENCH_KEY', 'Secret 1 value': value })
  const input = page.getByLabel('Secret 1 value', { exact: true })
  await expect(input).toHaveAttribute('type', 'password')
  await page.getByRole('button', { name: 'Show values' }).click()
  await expect(input).toHaveAttribute('type', 'text')
  await page.getByRole('button', { name: 'Show values' }).click()
  await expect(input).toHaveAttribute('type', 'password')
  await form.submit.click()

  const job = new JobPage(page)
  const jobId = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect
    .poll(() => job.texts())
    .toEqual([`length ${value.length}`, expect.stringMatching(/^the key is \S+ said the script$/)])
  await expect(page.getByRole('region', { name: 'Facts', exact: true })).toContainText('BENCH_KEY')
  expect((await job.download()).toString()).not.toContain(value)
  const kept = () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])
  expect(await page.evaluate(kept)).not.toContain(value)
  await page.reload()
  await expect(job.state).toHaveText('completed')
  expect(await page.content()).not.toContain(value)
  expect((await Promise.all(answers)).filter((text) => text.includes(value))).toEqual([])
  expect(addresses.filter((url) => decodeURIComponent(url).includes(value))).toEqual([])
  expect(JSON.stringify(await fleet.job(jobId))).not.toContain(value)
})

test('secrets that cannot be kept are told at their lines, without their values', async ({ page, fleet, problems }) => {
  problems.expect(/status of 400/)
  const before = await fleet.jobs()
  const form = new NewJobPage(page)
  await form.open()
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill('print(1)')
  await form.add('Add secret', { 'Secret 1 name': 'PIN', 'Secret 1 value': '739' })
  await form.add('Add secret', { 'Secret 2 name': 'LAGER_KEY', 'Secret 2 value': 'long enough' })
  const first = page.getByLabel('Secret 1 name', { exact: true })
  await form.submit.click()
  await expect(first).toHaveAccessibleDescription(/at least 4 bytes/)
  await expect(page.getByLabel('Secret 2 name', { exact: true })).toHaveAccessibleDescription(/reserved/)
  expect(await page.getByRole('main').textContent()).not.toContain('739')

  await page.getByRole('button', { name: 'Remove secret 2' }).click()
  await first.fill('TWICE')
  await page.getByLabel('Secret 1 value', { exact: true }).fill('long enough')
  await form.add('Add variable', { 'Variable 1 name': 'TWICE', 'Variable 1 value': 'x' })
  await form.submit.click()
  await expect(page.getByRole('group', { name: 'Secrets' })).toContainText('TWICE stands in env too')
  expect(await fleet.jobs()).toEqual(before)
})
