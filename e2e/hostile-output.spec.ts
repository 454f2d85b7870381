import { expect, test } from './fixtures'
import { JobPage } from './job-page'

const IMG = '<img src="/planted-image" onerror="alert(1)">'
const SCRIPT_TAG = '<script>alert(2); fetch("/planted-fetch")</script>'

/** Each line with its bytes, and what is to be read of it. */
const LINES: [bytes: Buffer, shown: string | RegExp][] = [
  [Buffer.from(IMG), IMG],
  [Buffer.from(SCRIPT_TAG), SCRIPT_TAG],
  [Buffer.from('<a href="javascript:alert(3)">&lt;b&gt;</a>'), '<a href="javascript:alert(3)">&lt;b&gt;</a>'],
  [Buffer.from('\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[0m'), 'red and bold'],
  [Buffer.from('\x1b]0;planted title\x07after a title'), '^[after a title'],
  [Buffer.from('\x1b]8;;javascript:alert(4)\x1b\\link\x1b]8;;\x1b\\'), '^[link^['],
  [Buffer.from('\x1b[2J\x1b[Hcleared'), '^[^[cleared'],
  [Buffer.from('a\x07b\x08c\x0bd'), 'a^Gb^Hc^Kd'],
  [Buffer.from([0x62, 0x69, 0x6e, 0x3a, 0xff, 0xfe, 0x80, 0x41]), /^bin:\\xff\\xfe\\x80A/],
  [Buffer.from([0x6e, 0x75, 0x6c, 0x3a, 0x00, 0x2e]), /^nul:\^@\./],
  [Buffer.from('user\u202etxt.exe'), 'user⟨U+202E⟩txt.exe'],
  [Buffer.from(`long:${'x'.repeat(50_000)}`), /^long:x{3000,}.* more characters$/],
  [Buffer.from('grüße, 世界 🙂'), 'grüße, 世界 🙂'],
]
const BYTES = Buffer.concat(LINES.flatMap(([bytes]) => [bytes, Buffer.from('\n')]))
const SCRIPT = `import base64, sys\nsys.stdout.buffer.write(base64.b64decode("${BYTES.toString('base64')}"))`

test('what a script prints is shown and kept as it is, and nothing of it acts on the page', async ({ page, fleet }) => {
  const planted: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('planted')) planted.push(request.url())
  })
  const { id } = await fleet.submit({ name: IMG, script: SCRIPT, labels: { note: SCRIPT_TAG } })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  await expect.poll(async () => (await job.texts()).length).toBe(LINES.length)
  for (const [index, text] of (await job.texts()).entries()) {
    const shown = LINES[index]?.[1] ?? ''
    if (typeof shown === 'string') expect(text).toBe(shown)
    else expect(text).toMatch(shown)
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(IMG)
  await expect(page.getByRole('main').locator('img, script, a[href^="javascript"]')).toHaveCount(0)
  await expect(page).toHaveTitle(`${IMG} · Stout`)
  expect(await colour(job, 'red')).not.toBe(await colour(job, ' and '))

  expect((await job.download()).equals(BYTES), 'the download has the same bytes').toBe(true)
  await page.goto('/jobs')
  await expect(page.getByRole('link', { name: IMG }).first()).toBeVisible()
  await expect(page.getByRole('main').locator('img, script')).toHaveCount(0)
  expect(planted).toEqual([])
})

async function colour(job: JobPage, text: string): Promise<string> {
  return await job.log
    .locator('[data-line="4"]')
    .getByText(text, { exact: true })
    .evaluate((element) => getComputedStyle(element).color)
}
