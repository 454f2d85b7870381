import { expect, SIGNED_OUT, signIn, test } from './fixtures'

test('a token is made, copied from the page this once, works for a program, and is revoked', async ({
  page,
  system,
  problems,
}) => {
  problems.expect(/status of 400/) // a token without a name
  await page.goto('/account')
  const form = page.getByRole('form', { name: 'New API token' })
  await form.getByRole('button', { name: 'Make token' }).click()
  await expect(form).toContainText('must not be empty')
  await form.getByRole('textbox', { name: 'Name' }).fill('CI of the radio team')
  await form.getByRole('combobox', { name: 'Expires after' }).selectOption('30 days')
  await form.getByRole('button', { name: 'Make token' }).click()
  await expect(form).toContainText('it is not shown again')
  const token = (await form.getByText(/^stout_[^…]/).textContent()) ?? ''
  const asProgram = () =>
    fetch(`${system.url}/api/v1/jobs`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)
  expect(await asProgram()).toBe(200)

  await page.reload()
  const row = page
    .getByRole('list', { name: 'API tokens' })
    .getByRole('listitem')
    .filter({ hasText: 'CI of the radio team' })
  await expect(row).toContainText('expires in')
  await expect(page.getByText(token)).toHaveCount(0)
  await row.getByRole('button', { name: 'Revoke CI of the radio team' }).click()
  const dialog = page.getByRole('dialog', { name: 'Revoke token' })
  await dialog.getByRole('button', { name: 'Revoke token' }).click()
  await expect(row).toHaveCount(0)
  expect(await asProgram()).toBe(401)
})

test.describe('sessions', () => {
  test.use({ storageState: SIGNED_OUT })

  test('a session is seen and ended from another browser, which sends that one to the sign-in page', async ({
    page,
    browser,
    system,
  }) => {
    await page.goto('/sign-in')
    await signIn(page, system)
    await expect(page).toHaveURL('/')
    const context = await browser.newContext({ baseURL: system.url, userAgent: 'Mozilla/5.0 (iPhone) Firefox/145.0' })
    const phone = await context.newPage()
    await phone.goto('/sign-in')
    await signIn(phone, system)
    await expect(phone).toHaveURL('/')

    await page.getByRole('banner').getByRole('link', { name: 'Owner' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible()
    const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
    await expect(sessions.filter({ hasText: 'this one' })).toHaveCount(1)
    await sessions.filter({ hasText: 'Firefox on iOS' }).getByRole('button', { name: 'End' }).click()
    await expect(sessions.filter({ hasText: 'Firefox on iOS' })).toHaveCount(0)
    await phone.goto('/boxes')
    await expect(phone).toHaveURL(/\/sign-in/)
    await context.close()
  })
})
