import type { Page } from '@playwright/test'
import { expect, openLive, test } from './fixtures'

const REFUSED = 'Not submitted: look at the fields marked above.'

test.beforeEach(async ({ page, problems }) => {
  problems.expect(/status of 4(00|13|22)/)
  await openLive(page, '/jobs/new')
})

test('every wrong field says what is wrong with it, and nothing is submitted', async ({ page, fleet }) => {
  const before = await fleet.jobs()
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  await field('Name').fill('n'.repeat(10_000))
  await field('Timeout (seconds)').fill('0')
  await field('Queue timeout (seconds)').fill('1000000000')
  await field('Grace period (seconds)').fill('-1')
  await add(page, 'Add requirement', 'Requirement 1', 'dut nrf52840')
  await add(page, 'Add variable', 'Variable 1 name', 'STOUT_SECRET')
  await add(page, 'Add variable', 'Variable 2 name', 'A=B')
  await submit(page)

  const said: Record<string, RegExp> = {
    Name: /at most 200 characters/,
    Script: /must not be empty/,
    'Timeout (seconds)': /at least 1 s/,
    'Queue timeout (seconds)': /at most 2592000 s/,
    'Grace period (seconds)': /at least 0 s/,
    'Variable 1 name': /reserved/,
    'Variable 2 name': /must be a name/,
  }
  for (const [name, message] of Object.entries(said)) {
    await expect(field(name)).toHaveAttribute('aria-invalid', 'true')
    await expect(field(name)).toHaveAccessibleDescription(message)
  }
  await expect(page.getByLabel('Requirement 1', { exact: true })).toHaveAccessibleDescription(/must read label=value/)
  await expect(field('Name')).toBeFocused()
  await expect(page).toHaveURL('/jobs/new')
  expect(await fleet.jobs()).toEqual(before)
})

test('a number that is none, a box that was not chosen and a script that is too large are told at their fields', async ({
  page,
  fleet,
}) => {
  const before = await fleet.jobs()
  const script = page.getByRole('textbox', { name: 'Script', exact: true })
  const timeout = page.getByRole('textbox', { name: 'Timeout (seconds)', exact: true })
  await script.fill('print(1)')
  await timeout.fill('an hour')
  await submit(page)
  await expect(timeout).toHaveAccessibleDescription(/number/)

  await timeout.fill('60')
  await page.getByRole('radio', { name: 'A certain box' }).check()
  await submit(page)
  await expect(page.getByRole('group', { name: 'Target' })).toHaveAccessibleDescription(/must not be empty/)

  await page.getByRole('radio', { name: 'Any box that fits' }).check()
  await script.fill(`# ${'x'.repeat(1_000_000)}`)
  await submit(page)
  await expect(script).toHaveAccessibleDescription(/at most 1000000 bytes|1 MB/)
  expect(await fleet.jobs()).toEqual(before)

  await script.fill('print("right at last")')
  await page.getByRole('button', { name: 'Submit job' }).click()
  await expect(page).toHaveURL(/\/jobs\/job_/)
})

async function add(page: Page, button: string, label: string, value: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  await page.getByLabel(label, { exact: true }).fill(value)
}

async function submit(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes('/api/trpc/jobs.submit'))
  await page.getByRole('button', { name: 'Submit job' }).click()
  expect((await answered).status()).toBeGreaterThanOrEqual(400)
  await expect(page.getByRole('alert').filter({ hasText: REFUSED })).toBeVisible()
}
