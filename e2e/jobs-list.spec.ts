import type { Page } from '@playwright/test'
import { expect, openLive, test } from './fixtures'

const SLEEPS = 'import time\ntime.sleep(600)'

test('many jobs are chosen and run again or cancelled at once, and each says what became of it', async ({
  page,
  fleet,
  problems,
}) => {
  problems.expect(/status of (409|422|400)/)
  const word = `many-${Date.now().toString(36)}`
  const live = await fleet.submit({ name: `${word} live`, script: SLEEPS })
  const over = await fleet.submit({ name: `${word} over`, script: 'print(1)' })
  const secret = await fleet.submit({ name: `${word} secret`, script: 'print(1)', secrets: { PIN: 'hunter2!' } })
  for (const { id } of [over, secret]) await expect.poll(async () => (await fleet.job(id)).state).toBe('completed')
  await openLive(page, `/jobs?text=${word}`)
  await expect(dataRows(page)).toHaveCount(3)
  const chosen = page.getByRole('region', { name: 'Chosen jobs' })
  await expect(chosen).toHaveCount(0)
  await page.getByRole('checkbox', { name: 'Choose all that are loaded' }).check()
  await expect(chosen.getByRole('status')).toHaveText('3 jobs chosen')

  await chosen.getByRole('button', { name: 'Rerun 2' }).click()
  const rerun = page.getByRole('dialog', { name: 'Rerun jobs' })
  await rerun.getByRole('button', { name: 'Rerun' }).click()
  await expect(rerun.getByRole('status', { name: 'Outcome' })).toHaveText('1 done, 1 refused')
  const rows = rerun.getByRole('listitem')
  await expect(
    rows.filter({ hasText: `${word} over` }).getByRole('link', { name: 'submitted once more' }),
  ).toBeVisible()
  await expect(rows.filter({ hasText: `${word} secret` })).toContainText('secrets.PIN was forgotten when the job ended')
  await rerun.getByRole('button', { name: 'Close' }).click()
  await expect(dataRows(page)).toHaveCount(4) // the list is live: the rerun has come

  await chosen.getByRole('button', { name: 'Choose none' }).click()
  await page.getByRole('checkbox', { name: `Choose ${word} live` }).check()
  await expect(chosen.getByRole('button', { name: 'Rerun 0' })).toHaveAccessibleDescription(/None of them is over/)
  await chosen.getByRole('button', { name: 'Cancel 1' }).click()
  const cancel = page.getByRole('dialog', { name: 'Cancel jobs' })
  await cancel.getByRole('button', { name: 'Cancel jobs' }).click()
  await expect(cancel.getByRole('status', { name: 'Outcome' })).toHaveText('1 done')
  await cancel.getByRole('button', { name: 'Close' }).click()
  await expect(dataRows(page).filter({ hasText: `${word} live` })).toContainText('cancelled')
  expect((await fleet.job(live.id)).state).toBe('cancelled')
})

test('the list is searched and narrowed, and its address says by what', async ({ page, fleet }) => {
  const word = `find-${Date.now().toString(36)}`
  const [box] = await fleet.boxes()
  const target = { box: box?.name }
  await fleet.submit({ name: `${word} one`, script: 'print(1)', labels: { suite: word }, target })
  await fleet.submit({ name: `${word} two`, script: 'print(1)' })
  await openLive(page, '/jobs')
  const search = page.getByRole('search', { name: 'Jobs' })
  await search.getByRole('searchbox', { name: 'Search jobs' }).fill(word)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`/jobs?text=${word}`)
  await expect(dataRows(page)).toHaveCount(2)
  await search.getByRole('button', { name: 'More filters' }).click()
  await search.getByLabel('Labels').fill(`suite=${word}`)
  await search.getByRole('combobox', { name: 'Box' }).selectOption({ label: box?.name ?? '' })
  await search.getByLabel('Submitted from').fill('2026-01-01T00:00')
  await search.getByRole('button', { name: 'Search' }).click()
  await expect(page).toHaveURL(new RegExp(`box=${box?.id}&label=suite%3D|box=${box?.id}&label=suite=`))
  await expect(dataRows(page)).toHaveCount(1)
  await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'Timed out' }).click()
  await expect(page.getByText('No job is like that.')).toBeVisible()
  await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'All' }).click()
  await expect(page).not.toHaveURL(/state=/)
  await expect(dataRows(page)).toHaveCount(1)
  await page.reload()
  await expect(search.getByLabel('Labels')).toHaveValue(`suite=${word}`)
  await expect(search.getByLabel('Submitted from')).toHaveValue('2026-01-01T00:00')
  await expect(search.getByRole('combobox', { name: 'Box' })).toHaveValue(box?.id ?? '')
  await search.getByRole('combobox', { name: 'Submitted by' }).selectOption({ index: 1 })
  await search.getByRole('button', { name: 'Search' }).click()
  await expect(page.getByText('No job is like that.')).toBeVisible() // a token submitted them, and nobody in person
  await search.getByRole('button', { name: 'Clear' }).click()
  await expect(page).toHaveURL('/jobs')
})

const dataRows = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('link') })
