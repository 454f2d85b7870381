import { expect, SIGNED_OUT, signIn, test } from './fixtures'

test.use({ storageState: SIGNED_OUT })

test('a wrong password is refused with a message, and the right one then opens the overview', async ({
  page,
  system,
  problems,
}) => {
  problems.expect(/status of 401/)
  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-in/)
  await signIn(page, { email: system.email, password: 'not the password' })
  await expect(page.getByRole('main').getByRole('alert')).toHaveText('E-mail or password is wrong.')
  await expect(page).toHaveURL(/\/sign-in/)

  await signIn(page, system)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await expect(page).toHaveURL('/')
})

test('whoever was sent to the sign-in page gets where they wanted to go', async ({ page, system }) => {
  await page.goto('/boxes')
  await expect(page).toHaveURL(/\/sign-in/)
  await signIn(page, system)
  await expect(page).toHaveURL('/boxes')
  await expect(page.getByRole('heading', { level: 1, name: 'Boxes' })).toBeVisible()
})

test('whoever follows a link to lines of a log is at those lines once signed in', async ({ page, system, fleet }) => {
  const { id } = await fleet.submit({ script: 'for n in range(9): print(n)' })
  await expect.poll(async () => (await fleet.job(id)).state).toBe('completed')
  await page.goto(`/jobs/${id}?attempt=1#L3-L5`)
  await expect(page).toHaveURL(/\/sign-in/)
  await signIn(page, system)
  await expect(page).toHaveURL(`/jobs/${id}?attempt=1#L3-L5`)
  await expect(page.getByRole('log', { name: 'Job output' }).locator('[aria-current]')).toHaveCount(3)
})

test('signing out ends the session: its cookie opens nothing any more', async ({
  page,
  context,
  system,
  playwright,
}) => {
  await page.goto('/sign-in')
  await signIn(page, system)
  await expect(page).toHaveURL('/')
  const thief = await playwright.request.newContext({
    baseURL: system.url,
    storageState: await context.storageState(),
    maxRedirects: 0,
  })
  expect((await thief.get('/api/v1/jobs')).status()).toBe(200)
  expect((await thief.get('/jobs')).status()).toBe(200)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
  expect((await thief.get('/api/v1/jobs')).status()).toBe(401)
  expect((await thief.get('/api/live?topics=jobs')).status()).toBe(401)
  const opened = await thief.get('/jobs')
  expect(opened.status()).toBe(307)
  expect(opened.headers().location).toContain('/sign-in')
  await thief.dispose()

  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
})
