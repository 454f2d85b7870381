import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { expect, SIGNED_OUT, test } from './fixtures'

const run = promisify(execFile)

/** The operations that the system under test says it has. */
async function documented(url: string): Promise<{ path: string; summary: string }[]> {
  const { paths } = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { summary: string }>>
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map(({ summary }) => ({ path, summary })),
  )
}

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

test.describe('signed out', () => {
  test.use({ storageState: SIGNED_OUT })

  test('the reference has every operation of the document, and a link to each leads there', async ({
    page,
    system,
  }) => {
    await page.goto('/docs/api')
    const operations = await documented(system.url)
    expect(operations.length).toBeGreaterThan(35)
    for (const { path, summary } of operations) {
      await expect(section(page, summary)).toContainText(`/api/v1${path}`)
    }
    const links = page.getByRole('navigation', { name: 'Operations' }).getByRole('link')
    await links.filter({ hasText: '/jobs/{jobId}/rerun' }).click()
    await expect(page).toHaveURL(/#jobs-rerun$/)
    await expect(page.getByRole('heading', { level: 3, name: /^Submit a job that is over once more/ })).toBeInViewport()
  })

  test('a command that is copied works as it is, with a token', async ({ page, context, system }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto('/docs/api')
    for (const [name, answer] of [
      ['List boxes by name', { items: expect.any(Array), nextCursor: null }],
      ['Submit a job', { id: expect.stringMatching(/^job_/), name: 'smoke' }],
    ] as const) {
      await section(page, name).getByRole('button', { name: 'Copy the command' }).click()
      await expect(section(page, name).getByRole('button', { name: 'Copy the command' })).toHaveText('Copied')
      const command = await page.evaluate(() => navigator.clipboard.readText())
      const { stdout } = await run('bash', ['--norc', '-c', command], {
        env: { ...process.env, TOKEN: system.apiToken },
      })
      expect(JSON.parse(stdout)).toMatchObject(answer)
    }
  })

  test('fields of an answer stand inside of each other, with what they may be', async ({ page }) => {
    await page.goto('/docs/api#jobs-list')
    const list = section(page, 'List or search jobs, newest first')
    await list.getByText('Fields: items, nextCursor').click()
    const job = list.getByRole('list', { name: 'Fields of items' })
    await expect(job.getByText(/^one of queued, waiting_for_box, /)).toBeVisible()
    await expect(list).toContainText('1 to 200 · default 50')
  })

  for (const width of [360, 768, 1440, 2560]) {
    test(`the reference has no sideways scrolling at ${width} px`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 })
      await page.goto('/docs/api')
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.setAttribute('open', '')
      })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    })
  }
})

test.describe('without JavaScript', () => {
  test.use({ storageState: SIGNED_OUT, javaScriptEnabled: false })

  test('the reference is read, unfolded and gone through', async ({ page }) => {
    await page.goto('/docs/api')
    const submit = section(page, 'Submit a job')
    await submit.getByText('Example').click()
    await expect(submit.getByText('"state": "queued"')).toBeVisible()
    await page
      .getByRole('navigation', { name: 'Operations' })
      .getByRole('link', { name: 'tokens', exact: true })
      .click()
    await expect(page.getByRole('heading', { level: 2, name: 'tokens' })).toBeInViewport()
  })
})

test('pages lead to the reference: their foot, and where tokens are made', async ({ page }) => {
  await page.goto('/jobs')
  await page.getByRole('contentinfo').getByRole('link', { name: 'API reference' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'API reference' })).toBeVisible()
  await page.goto('/account')
  await page.getByRole('region', { name: 'API tokens' }).getByRole('link', { name: 'API reference' }).click()
  await expect(page).toHaveURL('/docs/api')
  await page.getByRole('banner').getByRole('link', { name: 'openapi.json' }).click()
  await expect(page.getByText('"openapi":"3.1.0"')).toBeVisible()
})
