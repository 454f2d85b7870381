import { aZip } from '../core/testing/zips'
import { expect, openLive, test } from './fixtures'
import { JobPage } from './job-page'
import { NewJobPage } from './new-job-page'

const facts = 'Facts'

test('a job is run again as it was, by one click, and each of the two leads to the other', async ({ page, fleet }) => {
  const { id } = await fleet.submit({
    name: 'Soak',
    script: 'import sys\nprint(sys.argv[1:])',
    args: ['--fast', 'a b'],
  })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await page.getByRole('button', { name: 'Rerun', exact: true }).click()
  await expect(page).not.toHaveURL(new RegExp(id))
  const again = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(["['--fast', 'a b']"])
  await expect(job.timeline.first()).toContainText('as a rerun')
  expect(await fleet.job(again)).toMatchObject({ name: 'Soak', rerunOf: id })
  await page.getByRole('region', { name: facts, exact: true }).getByRole('link', { name: id }).click()
  await expect(page).toHaveURL(new RegExp(id))
  const told = job.timeline.filter({ hasText: 'Run again' })
  await expect(told).toHaveCount(1)
  await told.getByRole('link', { name: 'Soak' }).click()
  await expect(page).toHaveURL(new RegExp(again))
})

test('a live job cannot be run again, and both buttons say why', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'Waits', script: 'print(1)', requires: ['dut=unobtainium'] })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('waiting for box')
  for (const name of ['Rerun', 'Edit and rerun']) {
    const button = page.getByRole('button', { name, exact: true })
    await expect(button).toBeDisabled()
    await expect(button).toHaveAccessibleDescription('The job is waiting for box; it can be rerun once it is over.')
  }
})

test('a job with secrets asks for each of them: one is given again, one is left out', async ({
  page,
  fleet,
  problems,
}) => {
  problems.expect(/status of (400|422)/)
  const script = 'import os\nprint(len(os.environ["PIN"]), "KEY" in os.environ)\nprint(os.environ["PIN"], "!")'
  const secrets = { PIN: 'hunter2!', KEY: 'hunter3!' }
  const { id } = await fleet.submit({ name: 'With secrets', script, secrets })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  const button = page.getByRole('button', { name: 'Rerun', exact: true })
  const dialog = page.getByRole('dialog', { name: 'Rerun job' })
  await button.click()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(button).toBeFocused()

  await button.click()
  const pin = dialog.getByLabel('PIN', { exact: true })
  await expect(pin).toHaveAttribute('type', 'password')
  await dialog.getByRole('button', { name: 'Rerun' }).click()
  await expect(pin).toHaveAccessibleDescription(/give its value again, or null/)
  await pin.fill('abc')
  await dialog.getByRole('button', { name: 'Without KEY' }).click()
  await pin.press('Enter')
  await expect(pin).toHaveAccessibleDescription(/at least 4 bytes/)
  const value = `other-${crypto.randomUUID()}`
  await pin.fill(value)
  await pin.press('Enter')
  await expect(page).not.toHaveURL(new RegExp(id))
  const again = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect.poll(async () => (await job.texts())[0]).toBe(`${value.length} False`)
  expect((await job.download()).toString()).not.toContain(value)
  expect(await page.content()).not.toContain(value)
  expect(await fleet.job(again)).toMatchObject({ secretNames: ['PIN'], rerunOf: id })
})

test('a job is edited and run again: the form is filled in with it, and only what was changed is another way', async ({
  page,
  fleet,
}) => {
  const { id } = await fleet.submit({
    ...{ name: 'Sweep', script: 'import os\nprint(os.environ["RATE"])', env: { RATE: '9600' } },
    ...{ target: { box: 'bench-1' }, labels: { team: 'rf' }, secrets: { PIN: 'hunter2!' } },
    ...{ timeoutSeconds: 300, noOutputTimeoutSeconds: 120 },
  })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await page.getByRole('link', { name: 'Edit and rerun' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Rerun Sweep')
  await expect(page.getByRole('textbox', { name: 'Script', exact: true })).toHaveValue(/RATE/)
  await expect(page.getByRole('combobox', { name: 'Box' })).toHaveValue('bench-1')
  await expect(page.getByLabel('Secret 1 name', { exact: true })).toHaveValue('PIN')
  await expect(page.getByLabel('Secret 1 value', { exact: true })).toHaveValue('')
  await expect(page.getByLabel('Silence timeout (seconds)')).toHaveValue('120')
  await page.getByLabel('Variable 1 value', { exact: true }).fill('115200')
  await page.getByLabel('Silence timeout (seconds)').fill('')
  await page.getByRole('button', { name: 'Remove secret 1' }).click()
  await new NewJobPage(page).submit.click()
  const again = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(['115200'])
  expect(await fleet.job(again)).toMatchObject({
    ...{ name: 'Sweep', target: { box: 'bench-1' }, labels: { team: 'rf' }, secretNames: [] },
    ...{ timeoutSeconds: 300, noOutputTimeoutSeconds: null, rerunOf: id },
  })
})

test('a bundle is kept when its job is edited, and another file of it is run', async ({
  page,
  fleet,
  system,
  problems,
}) => {
  problems.expect(/status of 422/)
  const zip = await aZip({ 'main.py': 'print("main")', 'other.py': 'print("other")' })
  const form = new FormData()
  form.set('job', JSON.stringify({ name: 'Bundle' }))
  form.set('bundle', new Blob([new Uint8Array(zip)]), 'rig.zip')
  const headers = { authorization: `Bearer ${system.apiToken}` }
  const made = await fetch(`${system.url}/api/v1/jobs`, { method: 'POST', headers, body: form })
  const { id } = (await made.json()) as { id: string }
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await openLive(page, `/jobs/new?rerun=${id}`)
  const edit = new NewJobPage(page)
  await expect(edit.uploadState).toContainText('Stout has it already')
  const entry = page.getByRole('textbox', { name: 'Entry point' })
  await expect(entry).toHaveValue('main.py')
  await entry.fill('missing.py')
  await edit.submit.click()
  await expect(page.getByText('has no file "missing.py"')).toBeVisible()
  await entry.fill('other.py')
  await edit.submit.click()
  const again = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(['other'])
  const [first, second] = await Promise.all([fleet.job(id), fleet.job(again)])
  expect(second).toMatchObject({ bundle: first.bundle, entry: 'other.py', rerunOf: id })
})
