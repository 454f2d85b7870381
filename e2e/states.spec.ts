import { aWay } from '../core/testing/way'
import { expect, openLive, test } from './fixtures'
import { withoutDatabase } from './installation'
import { JobPage } from './job-page'

test('when the network is cut a page says so, and is live again when it is back', async ({
  page,
  fleet,
  system,
  problems,
}) => {
  problems.expect(/request elsewhere|net::ERR_/)
  await using way = await aWay({ host: 'localhost', port: Number(new URL(system.url).port) })
  const word = `cut-${Date.now().toString(36)}`
  await fleet.submit({ name: `${word} before`, script: 'print(1)' })
  await openLive(page, `http://localhost:${way.port}/jobs?text=${word}`)
  await expect(page.getByRole('row', { name: `${word} before` })).toContainText('completed')
  const connection = page.getByRole('status', { name: 'Connection' })
  await expect(connection).toBeEmpty()

  await way.cut()
  await expect(connection).toContainText('No connection to Stout. What you see may be out of date')
  await fleet.submit({ name: `${word} meanwhile`, script: 'print(1)' })
  await expect(page.getByRole('row', { name: `${word} before` })).toBeVisible()
  await way.mend()
  await expect(connection).toBeEmpty({ timeout: 45_000 })
  await expect(page.getByRole('row', { name: `${word} meanwhile` })).toContainText('completed')
})

test('while the database is away forms keep what was typed, pages say what is wrong, and all of it works again afterwards', async ({
  page,
  context,
  fleet,
  system,
  problems,
}) => {
  test.setTimeout(180_000)
  problems.expect(/50[03]|Failed to load|Error/)
  await openLive(page, '/jobs/new')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Typed before')
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill('print("kept")')
  const overview = await context.newPage()
  await openLive(overview, '/')
  const other = await context.newPage()

  await withoutDatabase(system, async () => {
    await page.getByRole('button', { name: 'Submit job' }).click()
    await expect(page.getByText('The database does not answer just now. Nothing was changed; try again.')).toBeVisible()
    const answer = await other.goto('/boxes')
    expect(answer?.status()).toBeGreaterThanOrEqual(500)
    await expect(other.getByText('Stout could not show this page')).toBeVisible()
    await expect(other.getByText('Its database may be away.', { exact: false })).toBeVisible()
    await expect(overview.getByRole('heading', { level: 1 })).toHaveText('Overview')
  })

  await expect(async () => {
    await other.getByRole('button', { name: 'Try again' }).click({ timeout: 1_000 })
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('Boxes', { timeout: 5_000 })
  }).toPass()
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('Typed before')
  await page.getByRole('button', { name: 'Submit job' }).click()
  const job = new JobPage(page)
  await job.jobId()
  await expect(job.state).toHaveText('completed', { timeout: 60_000 })
  await expect.poll(() => job.texts()).toEqual(['kept'])
  const ended = overview.getByRole('region', { name: 'Latest ends' })
  await expect(ended.getByRole('row', { name: 'Typed before' }).first()).toContainText('completed')
  await fleet.clear()
})

test('what does not exist says so, with a way on, and is answered as such', async ({ page, problems }) => {
  problems.expect(/status of 404/)
  for (const [path, text, link] of [
    ['/jobs/job_nowhere', 'There is no such job', 'Go to the jobs'],
    ['/boxes/box_nowhere', 'There is no such box', 'Go to the boxes'],
    ['/nowhere', 'There is no such page', 'Go to the jobs'],
  ] as const) {
    expect((await page.goto(path))?.status()).toBe(404)
    await expect(page.getByText(text)).toBeVisible()
    await page.getByRole('link', { name: link }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Jobs|Boxes)$/)
  }
})

test('where nothing is found the list says so, and leads back to all', async ({ page }) => {
  await openLive(page, '/jobs?text=nothing-has-this-name')
  await expect(page.getByText('No job is like that.')).toBeVisible()
  await page.getByRole('link', { name: 'Show all jobs' }).click()
  await expect(page).toHaveURL('/jobs')
})

test('what is on the way is announced: a page in the navigation, a part of a page in its place', async ({
  page,
  fleet,
}) => {
  const { id } = await fleet.submit({ script: 'print(1)', env: { COLOUR: 'red' } })
  const held = Promise.withResolvers<void>()
  await page.route(/jobs\.submission|\/groups\?_rsc=/, async (route) => {
    await held.promise
    await route.continue()
  })
  await openLive(page, `/jobs/${id}`)
  const environment = page.getByRole('region', { name: 'Environment' })
  await expect(environment.getByRole('status', { name: 'Loading the environment' })).toBeVisible()
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click()
  await expect(page.getByRole('link', { name: 'Groups (loading)' })).toBeVisible()
  held.resolve()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Groups')
  await page.goBack()
  await expect(environment).toContainText('COLOUR')
})
