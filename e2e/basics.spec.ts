import type { Page } from '@playwright/test'
import { expect, SIGNED_OUT, test } from './fixtures'

const PAGES = [
  '/',
  '/groups',
  '/account',
  '/jobs',
  '/jobs?state=failed',
  '/jobs/new',
  '/boxes',
  '/boxes/new',
  '/boxes/box_nowhere',
  '/jobs/job_nowhere',
  '/nowhere',
]

for (const path of PAGES) {
  test(`what every page owes to its readers: ${path}`, async ({ page, problems }) => {
    problems.expect(/status of 404/)
    await page.goto(path)
    await checkBasics(page)
  })
}

test('what every page owes to its readers: a job', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'A job', script: 'print(1)', requires: ['dut=esp32'] })
  await page.goto(`/jobs/${id}`)
  await expect(page.getByRole('status', { name: 'State' })).toHaveText('completed')
  await checkBasics(page)
})

test('what every page owes to its readers: a box', async ({ page, fleet }) => {
  const [box] = await fleet.boxes()
  await page.goto(`/boxes/${box?.id}`)
  await expect(page.getByRole('region', { name: 'Facts' })).toBeVisible()
  await checkBasics(page)
})

test.describe('signed out', () => {
  test.use({ storageState: SIGNED_OUT })
  for (const path of ['/sign-in', '/docs/api']) {
    test(`what every page owes to its readers: ${path}`, async ({ page }) => {
      await page.goto(path)
      await checkBasics(page)
    })
  }
})

test('browsers that look for an icon by its usual name find one', async ({ page }) => {
  const answer = await page.request.get('/favicon.ico')
  expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'image/x-icon'])
})

test('the keyboard reaches the content first, and what has the focus can be seen', async ({ page }) => {
  await page.goto('/jobs')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to content' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
})

async function checkBasics(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
  await expect(page.getByRole('main')).toHaveCount(1)
  await expect(page).toHaveTitle(/Stout/)
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  expect(await withoutName(page)).toEqual([])
  expect(await repeatedIds(page)).toEqual([])
  for (const width of [2_560, 360]) {
    await page.setViewportSize({ width, height: 740 })
    const used = () => page.evaluate(() => document.documentElement.scrollWidth)
    await expect.poll(used, `no sideways scrolling at ${width}`).toBe(width)
  }
}

/** What people use on the page without being told what it is. */
async function withoutName(page: Page): Promise<string[]> {
  return await page.locator('a, button, input, select, textarea, dialog, nav, img').evaluateAll((elements) => {
    const named = (element: Element) => {
      const labels = 'labels' in element ? (element.labels as NodeListOf<Element> | null) : null
      const by = element.getAttribute('aria-labelledby')?.split(' ') ?? []
      const texts = [
        element.getAttribute('aria-label'),
        element.getAttribute('alt'),
        ...by.map((id) => document.getElementById(id)?.textContent),
        ...Array.from(labels ?? [], (label) => label.textContent),
        ...(element.matches('a, button') ? [element.textContent] : []),
      ]
      return texts.some((text) => text?.trim())
    }
    const shown = elements.filter((element) => element.checkVisibility())
    return shown.filter((element) => !named(element)).map((element) => element.outerHTML.slice(0, 200))
  })
}

async function repeatedIds(page: Page): Promise<string[]> {
  const ids = await page.locator('[id]').evaluateAll((elements) => elements.map((element) => element.id))
  return ids.filter((id, index) => ids.indexOf(id) < index)
}
