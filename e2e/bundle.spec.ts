import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { strToU8, zipSync } from 'fflate'
import { aFolder, dropOn } from './drop'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'
import { NewJobPage } from './new-job-page'

const MAIN = `from rig.tables import rows
print("sum", sum(rows()))
`
const TABLES = `import csv
def rows():
    with open("data/volts.csv") as file:
        return [int(row["mv"]) for row in csv.DictReader(file)]
`
const RIG = {
  'main.py': MAIN,
  'rig/__init__.py': '',
  'rig/tables.py': TABLES,
  'data/volts.csv': 'mv\n3300\n5000\n',
  '.git/config': '[core]',
  'rig/__pycache__/tables.pyc': 'stale',
}

test('a dropped folder runs with its packages and data', async ({ page, fleet, problems }) => {
  problems.expect(/status of 404/) // whoever asks for a bundle that is new hears that
  // what comes after the first line keeps other runs from having uploaded the same folder
  using folder = aFolder('rig-7', { ...RIG, 'nonce.txt': randomBytes(16).toString('hex') })
  const form = new NewJobPage(page)
  await form.open()
  await form.chooseBundle()
  await dropOn(page, form.dropZone, [folder.dir])
  await expect(form.uploadState).toHaveText(/^Ready: uploaded/)
  await expect(form.upload).toContainText('rig-7')
  await expect(form.upload).toContainText('5 files')
  await expect(form.upload).toContainText('Left out: .git, __pycache__')
  await expect(form.entry).toHaveValue('main.py')
  await page.getByText('5 files', { exact: true }).click()
  const files = page.getByRole('list', { name: 'Files of the bundle' }).getByRole('listitem')
  await expect(files).toContainText(['data/volts.csv', 'main.py', 'nonce.txt', 'rig/__init__.py', 'rig/tables.py'])
  await form.add('Add pattern', { 'Pattern 1': '*.txt' })
  await form.submit.click()

  const job = new JobPage(page)
  const jobId = await job.jobId()
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(['sum 8300'])
  const { bundle } = await fleet.job(jobId)
  const facts = page.getByRole('region', { name: 'Facts' })
  await expect(facts).toContainText(bundle.sha256.slice(0, 12))
  await expect(facts).toContainText('*.txt')

  await form.open()
  await form.chooseBundle()
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/bundles')) sent.push(request.url())
  })
  await page.getByLabel('Bundle folder').setInputFiles(folder.dir)
  await expect(form.uploadState).toHaveText(/^Ready: Stout has it already/)
  expect(sent).toEqual([])
})

test('a zip with an entry that leads out is refused by its name, and no job is made', async ({
  page,
  fleet,
  problems,
}, testInfo) => {
  problems.expect(/status of 4(04|22)/)
  const before = await fleet.jobs()
  const zip = testInfo.outputPath('bad.zip')
  writeFileSync(zip, zipSync({ 'main.py': strToU8('print(1)'), '../../evil.py': strToU8('print(2)') }))
  const form = new NewJobPage(page)
  await form.open()
  await form.chooseBundle()
  await page.getByLabel('Bundle zip').setInputFiles(zip)
  await expect(form.upload.getByRole('alert')).toContainText('../../evil.py')
  await form.submit.click()
  await expect(page.getByRole('alert').filter({ hasText: 'Not submitted' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Choose a folder …' })).toHaveAccessibleDescription(
    'It is not uploaded.',
  )

  writeFileSync(zip, 'no zip at all')
  await page.getByLabel('Bundle zip').setInputFiles(zip)
  await expect(form.upload.getByRole('alert')).toHaveText('It is not a zip, or it is damaged.')
  await form.upload.getByRole('button', { name: 'Remove bundle' }).click()
  await expect(form.upload).toBeHidden()
  expect(await fleet.jobs()).toEqual(before)
})

test('of several scripts one is chosen, and an upload can be cancelled and made after all', async ({
  page,
  context,
  fleet,
  problems,
}) => {
  problems.expect(/status of 404/)
  using folder = aFolder('tools', {
    'first.py': 'print("first")',
    'second.py': `print("second")  # ${randomBytes(8).toString('hex')}`,
  })
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  await context.route('**/api/v1/bundles', async (route) => {
    await held
    await route.continue().catch(() => {}) // the first one was cancelled meanwhile
  })
  const form = new NewJobPage(page)
  await form.open()
  await dropOn(page, page.getByRole('textbox', { name: 'Script', exact: true }), [folder.dir])
  await expect(page.getByRole('radio', { name: 'A bundle' })).toBeChecked()
  await expect(form.uploadState).toHaveText(/^Uploading/)
  await form.upload.getByRole('button', { name: 'Cancel upload' }).click()
  await expect(form.upload.getByRole('alert')).toHaveText('Cancelled.')
  letGo()
  await form.upload.getByRole('button', { name: 'Upload again' }).click()
  await expect(form.uploadState).toHaveText(/^Ready: uploaded/)

  await form.submit.click()
  await expect(form.entry).toHaveAccessibleDescription(/Choose the file that is run/)
  await expect(form.entry).toBeFocused()
  await form.entry.selectOption('second.py')
  await form.submit.click()
  const job = new JobPage(page)
  expect(await fleet.job(await job.jobId())).toMatchObject({ name: 'tools', entry: 'second.py' })
})
