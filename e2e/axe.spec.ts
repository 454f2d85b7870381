import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, SIGNED_OUT, test } from './fixtures'
import { JobPage } from './job-page'

const SCHEMES = ['light', 'dark'] as const
const PAGES = [
  ...['/', '/jobs', '/jobs?text=nothing-has-this', '/jobs/new', '/boxes', '/boxes/new', '/groups', '/account'],
  ...['/boxes/box_nowhere', '/jobs/job_nowhere', '/nowhere'],
]
/** Prints in every stream and colour, and gives values. */
const SCRIPT = `import json, os, sys
for code in [*range(30, 38), *range(90, 98), 1, 2, 3, 4, 7, 9]: print(f"\\x1b[{code}mstyle {code}\\x1b[0m")
for code in [*range(40, 48), *range(100, 108)]: print(f"\\x1b[{code}mground {code}\\x1b[0m")
print("an error", file=sys.stderr)
sys.stdout.buffer.write(b"\\xff binary\\n")
for n in range(3):
    text = json.dumps({"volts": n, "state": "on"})
    with open(os.environ["LAGER_OUTPUT_CHANNEL"], "w") as channel: channel.write(f"3 {len(text)} {text}")
open(os.environ["STOUT_ARTIFACTS"] + "/a.txt", "w").write("a")
sys.exit(3)`

for (const colorScheme of SCHEMES) {
  test.describe(`axe finds nothing in ${colorScheme}`, () => {
    test.use({ colorScheme })

    test('on pages of lists and forms, and where nothing is', async ({ page, fleet, problems }) => {
      test.setTimeout(240_000)
      problems.expect(/status of 404/)
      await fleet.submit({ name: 'Waits', script: 'print(1)', requires: ['dut=unobtainium'], labels: { team: 'rf' } })
      for (const path of PAGES) {
        await page.goto(path)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
        await check(page, path)
      }
      await page.goto('/jobs')
      await page.getByRole('button', { name: 'More filters' }).click()
      await page.getByRole('checkbox', { name: 'Choose Waits' }).first().check()
      await check(page, 'the list with filters, and jobs chosen')
      await page.getByRole('button', { name: /^Cancel \d/ }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await check(page, 'a dialog')
    })

    test('on the page of a job, and of a box', async ({ page, fleet }) => {
      test.setTimeout(240_000)
      const { id } = await fleet.submit({
        name: 'All of it',
        script: SCRIPT,
        env: { A: '1' },
        labels: { dut: 'stm32' },
      })
      const job = new JobPage(page)
      await job.open(id)
      await expect(job.state).toHaveText('failed: script')
      await expect(page.getByRole('region', { name: 'Output values' }).getByRole('row')).toHaveCount(4)
      await page.getByRole('searchbox', { name: 'Find in log' }).fill('style')
      await expect(page.getByRole('status', { name: 'Found' })).toContainText(' of ')
      await page.getByRole('button', { name: 'Times' }).click()
      await check(page, 'a job')
      await page.getByRole('button', { name: 'Wrap' }).click()
      await job.cancel.focus()
      await check(page, 'a job with its log wrapped')
      const [box] = await fleet.boxes()
      await page.goto(`/boxes/${box?.id}`)
      await expect(page.getByRole('region', { name: 'Facts' })).toBeVisible()
      await check(page, 'a box')
    })

    test.describe('signed out', () => {
      test.use({ storageState: SIGNED_OUT })
      test('on the sign-in page', async ({ page }) => {
        await page.goto('/sign-in')
        await check(page, '/sign-in')
      })

      test('in the reference of the API, with all that it folds away', async ({ page }) => {
        test.setTimeout(240_000)
        await page.goto('/docs/api')
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('main details')) details.setAttribute('open', '')
        })
        await check(page, '/docs/api unfolded')
        await page.setViewportSize({ width: 360, height: 740 })
        await page.goto('/docs/api')
        await page.getByText('Operations', { exact: true }).click()
        await check(page, '/docs/api on a phone')
      })
    })
  })
}

async function check(page: Page, where: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze()
  expect(passes.length, `axe looked at ${where}`).toBeGreaterThan(10)
  const told = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html }) => html.slice(0, 300)).slice(0, 5),
  }))
  expect(told, where).toEqual([])
}
