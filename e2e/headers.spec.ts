import { expect, SIGNED_OUT, test } from './fixtures'

const PAGES = ['/sign-in', '/docs/api', '/nowhere']
const ON_ALL = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'permissions-policy': expect.stringContaining('camera=()'),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

test.describe('signed out', () => {
  test.use({ storageState: SIGNED_OUT })
  for (const path of PAGES) {
    test(`each answer of ${path} has a nonce of its own, on all its scripts, and lets no other inline script run`, async ({
      request,
      system,
    }) => {
      const nonces = new Set<string>()
      for (const _ of [1, 2]) {
        const answer = await request.get(path, { headers: { 'content-security-policy': "script-src 'nonce-mine'" } })
        expect(answer.headers()).toMatchObject(ON_ALL)
        const policy = answer.headers()['content-security-policy'] ?? ''
        expect(policy).toMatch(/^default-src 'none'; /)
        expect(policy).toContain("frame-ancestors 'none'")
        expect(policy).toContain(`img-src 'self' ${system.storeOrigin};`)
        const nonce = /script-src 'self' 'nonce-([A-Za-z0-9+/=]{20,})';/.exec(policy)?.[1] ?? 'none'
        nonces.add(nonce)
        const scripts = [...(await answer.text()).matchAll(/<script[^>]*>/g)].map(([tag]) => tag)
        expect(scripts.length).toBeGreaterThan(1)
        expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([])
      }
      expect(nonces.size).toBe(2)
    })
  }
})

test('answers that are no pages have the headers too, and load nothing', async ({ request, page }) => {
  const part = page.waitForResponse((response) => /\/_next\/.*\.js/.test(response.url()))
  await page.goto('/jobs')
  const partPath = new URL((await part).url()).pathname
  for (const path of ['/api/v1/jobs', '/api/v1/openapi.json', '/api/nowhere', '/metrics', partPath]) {
    const headers = (await request.get(path)).headers()
    expect(headers, path).toMatchObject(ON_ALL)
    expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
    expect(headers['strict-transport-security'], 'only where people come by https').toBeUndefined()
  }
})

test('a script that got into a page does not run, and this suite hears of it', async ({ page, problems }) => {
  problems.expect(/^forbidden: script-src-elem inline/)
  problems.expect(/^console: .*Content Security Policy/)
  await page.goto('/jobs')
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.ranAnyway = true'
    document.body.append(script)
  })
  await expect.poll(() => problems.saw(/^forbidden: script-src-elem inline/)).toBe(true)
  expect(await page.evaluate(() => 'ranAnyway' in window)).toBe(false)
})
