import { writeFileSync } from 'node:fs'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'

test('values of the output channel come as a table, and numbers as a curve, while the job runs', async ({
  page,
  fleet,
}, testInfo) => {
  const gate = testInfo.outputPath('gate')
  const script = `import json, os, time
def give(value):
    text = json.dumps(value)
    with open(os.environ["LAGER_OUTPUT_CHANNEL"], "w") as channel:
        channel.write(f"3 {len(text)} {text}")
print("line one")
for n in range(3): give({"volts": 3.3 + n / 10, "state": "on", "<b>": n})
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
give({"volts": 5, "state": "off"})`
  const { id } = await fleet.submit({ name: 'Values', script })
  const job = new JobPage(page)
  await job.open(id)
  const values = page.getByRole('region', { name: 'Output values' })
  const rows = values.getByRole('row')
  await expect(rows).toHaveCount(4)
  await expect(rows.first()).toHaveText(/Line\s*Time\s*volts\s*state\s*<b>/)
  await expect(rows.nth(1)).toContainText('3.5')
  const curve = values.getByRole('figure').filter({ hasText: 'volts' })
  await expect(curve).toContainText('last 3.5, 3.3 to 3.5')
  await expect(curve.locator('canvas')).toBeVisible()
  await expect(values.getByRole('figure')).toHaveCount(2)
  writeFileSync(gate, '')
  await expect(curve).toContainText('last 5, 3.3 to 5')
  await expect(rows).toHaveCount(5)
  await expect(job.state).toHaveText('completed')
  const link = rows.nth(1).getByRole('link')
  const n = Number(await link.textContent())
  await link.click()
  await expect(job.log.locator(`[data-line="${n}"]`)).toHaveAttribute('aria-current', 'true')
  await page.reload()
  await expect(rows).toHaveCount(5)
})

test('a job tells of its attempts, of what its script was given, and on what machine it ran', async ({
  page,
  fleet,
}) => {
  const { id } = await fleet.submit({
    ...{ name: 'Told', script: 'import sys\nsys.exit(3)' },
    ...{ env: { RATE: '9600', EMPTY: '' }, secrets: { PIN: 'hunter2!' } },
  })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('failed: script')
  const attempts = page.getByRole('region', { name: 'Attempts' }).getByRole('listitem')
  await expect(attempts).toHaveCount(1)
  await expect(attempts).toContainText(/Attempt 1.*bench-\d, over.*script ended with code 3.*claimed after/s)
  await expect(attempts.getByRole('link', { name: /bench-\d/ })).toHaveAttribute('href', /^\/boxes\/box_/)
  const environment = page.getByRole('region', { name: 'Environment' })
  await expect(environment).toContainText(/Python\s*3\.\d+/)
  await expect(environment).toContainText(/RATE\s*9600/)
  await expect(environment).toContainText(/PIN\s*secret; told to nobody/)
  await environment.getByText('Script', { exact: true }).click()
  await expect(environment.getByText('sys.exit(3)')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Output values' })).toHaveCount(0)
})

test('what cannot be done says why where it is pointed at, and where the keyboard is', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'Over', script: 'print(1)' })
  const job = new JobPage(page)
  await job.open(id)
  await expect(job.state).toHaveText('completed')
  const reason = page.getByText('The job is completed; there is nothing to cancel.')
  const size = () => reason.locator('..').evaluate((element) => element.clientWidth)
  expect(await size()).toBeLessThan(10)
  await job.cancel.focus()
  await expect.poll(size).toBeGreaterThan(100)
  await expect(reason).toBeInViewport({ ratio: 1 })
  await page.setViewportSize({ width: 360, height: 740 })
  await expect(reason).toBeInViewport({ ratio: 1 })
})
