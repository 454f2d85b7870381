import { execFileSync } from 'node:child_process'
import { expect, openLive, test } from './fixtures'
import { JobPage } from './job-page'

const SCRIPT = 'examples/power_cycle_soak.py'
const CYCLES = '8'
/** What the script prints, whatever the length of a cycle. */
const EXPECTED = execFileSync('python3', [SCRIPT, CYCLES, '0'], { encoding: 'utf8' })

test('a script is submitted in the browser, and its lines arrive while it runs', async ({ page }) => {
  await openLive(page, '/jobs')
  await page.getByRole('main').getByRole('link', { name: 'New job' }).click()
  await page.getByLabel('Script file').setInputFiles(SCRIPT)
  await expect(page.getByRole('textbox', { name: 'Script', exact: true })).toHaveValue(/Power-cycles a device/)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Soak of board 7')
  for (const [index, value] of [CYCLES, '1'].entries()) {
    await page.getByRole('button', { name: 'Add argument' }).click()
    await page.getByRole('textbox', { name: `Argument ${index + 1}` }).fill(value)
  }
  await page.getByRole('button', { name: 'Submit job' }).click()

  const job = new JobPage(page)
  await job.jobId()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Soak of board 7')
  await expect(job.state).toHaveText('running')
  const expected = EXPECTED.trimEnd().split('\n')
  const counts = new Set<number>()
  const grow = async () => {
    const lines = await job.lines()
    expect(lines.map(({ n }) => n)).toEqual(lines.map((_, i) => i + 1))
    const texts = lines.map(({ text }) => text).filter((text) => text !== '')
    expect(texts).toEqual(expected.slice(0, texts.length))
    counts.add(texts.length)
    return texts.length
  }
  await expect.poll(grow, { intervals: [50], timeout: 60_000 }).toBe(expected.length)
  expect(counts.size, 'steps in which the log grew').toBeGreaterThanOrEqual(8)
  expect(Math.max(...steps(counts)), 'lines that came at once').toBeLessThanOrEqual(expected.length / 2)

  await expect(job.state).toHaveText('completed')
  await expect(job.timeline).toContainText([
    /Submitted/,
    /Placed on bench-\d/,
    /Started on bench-\d/,
    /Script exited with code 0/,
    /Completed/,
    /Box is quiet and free again/,
  ])
  expect((await job.download()).toString()).toBe(EXPECTED)

  await page.reload()
  await expect(job.state).toHaveText('completed')
  await expect.poll(() => job.texts()).toEqual(expected)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).click()
  await expect(page.getByRole('row', { name: 'Soak of board 7' }).first()).toContainText('completed')
})

function steps(counts: Set<number>): number[] {
  const sorted = [...counts].sort((a, b) => a - b)
  return sorted.map((count, i) => count - (sorted[i - 1] ?? 0))
}
