import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { ArtifactsPanel, sha256 } from './artifacts-panel'
import { aFolder, dropOn } from './drop'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'
import { NewJobPage } from './new-job-page'

const MAIN = `import hashlib, os, random
from rig.tables import rows
folder = os.environ["STOUT_ARTIFACTS"]
os.makedirs(os.path.join(folder, "captures"))
data = random.randbytes(3_000_000)
with open(os.path.join(folder, "captures", "trace.bin"), "wb") as file:
    file.write(data)
with open("sum.txt", "w") as file:
    file.write(str(sum(rows())))
print("sha256", hashlib.sha256(data).hexdigest())
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

test('a dropped folder runs with its packages and data; its artifacts arrive as they were made', async ({
  page,
  fleet,
  problems,
}) => {
  problems.expect(/status of 404/) // whoever asks for a bundle that is new hears that
  // with a nonce it is no folder that was uploaded before
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
  const artifacts = new ArtifactsPanel(page)
  await expect(job.state).toHaveText('completed')
  await expect(artifacts.rows).toHaveCount(3)
  const trace = await artifacts.download('captures/trace.bin')
  await expect.poll(() => job.texts()).toEqual([`sha256 ${trace.sha256}`])
  await page.getByRole('button', { name: 'Details of captures/trace.bin' }).click()
  await expect(artifacts.row('captures/trace.bin')).toContainText(trace.sha256)
  expect((await artifacts.download('sum.txt')).bytes.toString()).toBe('8300')

  const all = await artifacts.downloadBy(page.getByRole('link', { name: 'Download all (zip)' }))
  const zipped = unzipSync(all.bytes)
  expect(Object.keys(zipped).sort()).toEqual(['captures/trace.bin', 'nonce.txt', 'sum.txt'])
  expect(sha256(Buffer.from(zipped['captures/trace.bin'] ?? []))).toBe(trace.sha256)

  const { bundle } = await fleet.job(jobId)
  const facts = page.getByRole('region', { name: 'Facts', exact: true })
  await expect(facts).toContainText(bundle.sha256.slice(0, 12))
  await expect(facts).toContainText('*.txt')
})

test('the same folder is known again, and not sent a second time', async ({ page, problems }) => {
  problems.expect(/status of 404/)
  using folder = aFolder('again', { 'main.py': 'print(1)', 'data/firmware.bin': randomBytes(3_000_000) })
  const form = new NewJobPage(page)
  await form.open()
  await form.chooseBundle()
  await page.getByLabel('Bundle folder').setInputFiles(folder.dir)
  await expect(form.uploadState).toHaveText(/^Ready: uploaded/)

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
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(['second'])
})
