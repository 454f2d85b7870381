import { ArtifactsPanel } from './artifacts-panel'
import { expect, test } from './fixtures'
import { withoutStore } from './installation'
import { JobPage } from './job-page'

/** A red dot. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=='
const PLANTED_HTML =
  '<h1>planted</h1><script>fetch("/planted-html"); alert(1)</script><img src="/planted-img" onerror="alert(2)">'
const PLANTED_SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(3)"><script>fetch("/planted-svg")</script></svg>'

/** A script that leaves these files. */
function leaving(files: Record<string, string | { base64: string }>): string {
  const all = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? Buffer.from(content).toString('base64') : content.base64,
  ])
  return `import base64, json, os
for name, content in json.loads(${JSON.stringify(JSON.stringify(all))}):
    path = os.path.join(os.environ["STOUT_ARTIFACTS"], name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(base64.b64decode(content))
`
}

test('texts, JSON, tables and images can be looked at before they are downloaded', async ({ page, fleet }) => {
  const rows = Array.from({ length: 250 }, (_, n) => `${n},${n * 2}`).join('\n')
  const script = leaving({
    'notes.txt': 'first line\nsecond line\n',
    'result.json': '{"serial":12345678901234567890,"ok":[true,null]}',
    'sweep.csv': `step,"v, mV"\n${rows}\n`,
    'dot.png': { base64: PNG },
    'trace.bin': { base64: 'AAECAw==' },
  })
  const { id } = await fleet.submit({ name: 'Leaves files', script })
  const job = new JobPage(page)
  const artifacts = new ArtifactsPanel(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await expect(artifacts.rows).toHaveCount(5)

  const notes = await artifacts.preview('notes.txt')
  await expect(notes.getByRole('region', { name: 'Text of notes.txt' })).toHaveText('first line\nsecond line\n')
  const json = await artifacts.preview('result.json')
  await expect(json.locator('pre')).toHaveText(
    '{\n  "serial": 12345678901234567890,\n  "ok": [\n    true,\n    null\n  ]\n}',
  )
  await json.getByRole('button', { name: 'As it is' }).click()
  await expect(json.locator('pre')).toHaveText('{"serial":12345678901234567890,"ok":[true,null]}')

  const table = (await artifacts.preview('sweep.csv')).getByRole('table')
  await expect(table.getByRole('columnheader')).toHaveText(['step', 'v, mV'])
  await expect(table.getByRole('row')).toHaveCount(201)
  await expect(table.getByRole('row').nth(2)).toHaveText('12')
  await expect(artifacts.row('sweep.csv')).toContainText('50 more rows in the download.')

  const image = (await artifacts.preview('dot.png')).getByRole('img', { name: 'dot.png' })
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(5)
  await expect(await artifacts.preview('trace.bin')).toContainText('There is no preview')
  expect((await artifacts.download('trace.bin')).bytes).toEqual(Buffer.from([0, 1, 2, 3]))
})

test('nothing of a file acts on the page, however it is named and whatever it is', async ({ page, fleet }) => {
  const planted: string[] = []
  page.context().on('request', (request) => {
    if (request.url().includes('planted')) planted.push(request.url())
  })
  const names = {
    '<img src="planted-name" onerror="alert(4)">.txt': 'x',
    'new\nline.txt': 'x',
    'user\u202etxt.exe': 'x',
    '"; alert(5); ".csv': '=cmd|planted,<b>2</b>\n1,2\n',
    '../planted-out.txt': 'x',
  }
  const script = leaving({ ...names, 'report.html': PLANTED_HTML, 'drawing.svg': PLANTED_SVG })
  const { id } = await fleet.submit({ name: 'Leaves traps', script })
  const job = new JobPage(page)
  const artifacts = new ArtifactsPanel(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await expect(artifacts.rows).toHaveCount(6)
  for (const shown of ['<img src="planted-name" onerror="alert(4)">.txt', 'new\\x0aline.txt', 'user⟨U+202E⟩txt.exe']) {
    await expect(artifacts.row(shown)).toBeVisible()
  }

  const report = await artifacts.preview('report.html')
  await expect(report.locator('pre')).toHaveText(PLANTED_HTML)
  const drawing = await artifacts.preview('drawing.svg')
  await expect(drawing.locator('pre')).toHaveText(PLANTED_SVG)
  const table = await artifacts.preview('"; alert(5); ".csv')
  await expect(table.getByRole('columnheader')).toHaveText(['=cmd|planted', '<b>2</b>'])
  await expect(
    page.getByRole('main').locator('script, b, h1:has-text("planted"), img, iframe, object, embed'),
  ).toHaveCount(0)

  const html = await artifacts.download('report.html')
  expect(html.bytes.toString()).toBe(PLANTED_HTML)
  expect(planted).toEqual([])
})

test('an HTML file that is opened by its address is saved, and runs nowhere', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'HTML', script: leaving({ 'report.html': PLANTED_HTML }) })
  const job = new JobPage(page)
  const artifacts = new ArtifactsPanel(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  const link = artifacts.region.getByRole('link', { name: 'Download report.html' })
  const address = (await link.getAttribute('href')) ?? ''
  const arriving = page.waitForEvent('download')
  await page.evaluate((url) => {
    location.href = url
  }, address)
  expect((await arriving).suggestedFilename()).toBe('report.html')
  await expect(page).toHaveURL(`/jobs/${id}`)
})

test('a file is seen to come in while the job uploads it', async ({ page, fleet, system }) => {
  const script = `import os
with open(os.path.join(os.environ["STOUT_ARTIFACTS"], "capture.bin"), "wb") as file:
    file.truncate(30_000_000)
`
  const job = new JobPage(page)
  const { region } = new ArtifactsPanel(page)
  await withoutStore(system, async () => {
    const { id } = await fleet.submit({ name: 'A long capture', script })
    await job.open(id)
    await expect(job.state).toHaveText('uploading artifacts')
    await expect(region).toContainText(/0 of 1 file, .* of 30 MB/)
  })
  await expect(job.state).toHaveText('completed')
  await expect(region).toContainText('1 file, 30 MB')
})

test('what was left out says why, beside what was kept', async ({ page, fleet }) => {
  const script = `import os
folder = os.environ["STOUT_ARTIFACTS"]
os.symlink("/etc/hostname", os.path.join(folder, "out-of-the-folder"))
os.mkfifo(os.path.join(folder, "pipe"))
for n in range(20):
    with open(os.path.join(folder, f"capture-{n:02}.bin"), "wb") as file:
        file.write(os.urandom(2_000_000))
`
  const { id } = await fleet.submit({ name: 'Many captures', script })
  const job = new JobPage(page)
  const artifacts = new ArtifactsPanel(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await expect(artifacts.rows).toHaveCount(22)
  await expect(artifacts.region).toContainText('20 files, 40 MB; 2 left out')
  await expect(artifacts.row('pipe')).toContainText(/Left out: .+/)
  await expect(artifacts.row('out-of-the-folder')).toContainText(/Left out: .+/)
})

test('a job without files says how to make some', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'No files', script: 'print(1)' })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  const { region } = new ArtifactsPanel(page)
  await expect(region).toContainText('It left no files')
  await expect(region).toContainText('$STOUT_ARTIFACTS')
})
