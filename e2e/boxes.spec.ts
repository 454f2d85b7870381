import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startProgram } from '../worker/testing/processes'
import { expect, openLive, test } from './fixtures'

/** A box runtime of its own on this machine, as somebody would start it on a bench. */
async function aRuntime(boxId: string, token: string) {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-e2e-box-'))
  const config = path.join(dir, 'box.json')
  const nets = [{ name: 'vdd', role: 'power-supply' }]
  const where = { host: '127.0.0.1', pythonPort: 0, httpPort: 0, stateRoot: path.join(dir, 'state') }
  writeFileSync(config, JSON.stringify({ boxId, token, nets, version: '0.40.0', niceness: 0, ...where }))
  const started = await startProgram('box', ['--config', config], {}, 'box listens')
  return {
    port: new URL(String(started.ready.pythonUrl)).port,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

test('an owner adds a box by its address, sees what a probe found, runs a job there, drains and removes it', async ({
  page,
  fleet,
}) => {
  await using runtime = await aRuntime('bench-9', 'secret')
  await openLive(page, '/boxes')
  await page.getByRole('link', { name: 'Add box' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Add box' })).toBeVisible()
  const save = page.getByRole('button', { name: 'Save' })
  const found = page.getByRole('list', { name: 'What the probe found' })
  await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1')
  await page.getByRole('textbox', { name: 'Python port' }).fill(runtime.port)
  await page.getByRole('button', { name: 'Probe' }).click()
  await expect(found).toContainText('Problem: The box at 127.0.0.1')
  await expect(found).toContainText('wants a token')
  await expect(save).toBeDisabled()

  await page.getByLabel('Token').fill('secret')
  await expect(found).toBeHidden()
  await page.getByRole('button', { name: 'Probe' }).click()
  await expect(found.getByRole('listitem')).toHaveText([
    ...[/Good: A box answers/, /Good: It is bench-9/, /Good: Runtime 0\.40\.0/, /vdd \(PowerSupply\)/],
    ...[/Good: Nobody has locked it/, /Good: It reaches http/],
  ])
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('bench-9')
  await page.getByRole('textbox', { name: 'Groups' }).fill('corner')
  await save.click()

  await expect(page.getByRole('heading', { level: 1, name: 'bench-9' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('Added')
  const job = await fleet.submit({ name: 'On the new box', script: 'print(1)', target: { group: 'corner' } })
  const jobs = page.getByRole('region', { name: 'Recent jobs' })
  await expect(jobs.getByRole('row', { name: /completed.*On the new box/i })).toBeVisible()
  expect((await fleet.job(job.id)).boxName).toBe('bench-9')

  const drain = page.getByRole('switch', { name: 'Drain' })
  await drain.click()
  await expect(drain).toBeChecked()
  await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('draining: no → yes')
  await page.getByRole('button', { name: 'Remove box' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove box' }).click()
  await expect(page).toHaveURL('/boxes')
  await expect(page.getByRole('row', { name: /bench-1/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /bench-9/ })).toHaveCount(0)
})

test('an address that Stout never dials is refused at its field', async ({ page, problems }) => {
  problems.expect(/status of 400/)
  await page.goto('/boxes/new')
  await expect(page.locator('form')).not.toHaveAttribute('inert')
  await page.getByRole('textbox', { name: 'Address' }).fill('169.254.169.254')
  await page.getByRole('button', { name: 'Probe' }).click()
  await expect(page.getByText(/is not allowed: 169\.254\.169\.254 is a link-local address/)).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Address' })).toHaveAttribute('aria-invalid', 'true')
})
