import { expect, openLive, test } from './fixtures'

test('the overview shows the fleet, what runs, what waits and what ended, as it happens', async ({ page, fleet }) => {
  await openLive(page, '/')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview')
  const tiles = page.getByRole('list', { name: 'Fleet' }).getByRole('listitem')
  await expect(tiles.filter({ hasText: 'Boxes online' })).toContainText('3 of 3')
  await expect(tiles.filter({ hasText: 'Slots in use' })).toContainText('0 of 3')
  await expect(page.getByRole('region', { name: 'Running' })).toContainText('Nothing runs.')
  await expect(page.getByRole('region', { name: 'Queue' })).toContainText('No job waits.')

  const word = `seen-${Date.now().toString(36)}`
  const running = await fleet.submit({ name: `${word} runs`, script: 'import time\ntime.sleep(600)' })
  await fleet.submit({ name: `${word} waits`, script: 'print(1)', requires: ['dut=unobtainium'] })
  const runs = page.getByRole('region', { name: 'Running' }).getByRole('row', { name: `${word} runs` })
  await expect(runs).toContainText('running')
  await expect(tiles.filter({ hasText: 'Slots in use' })).toContainText('1 of 3')
  await expect(tiles.filter({ hasText: 'Jobs running' })).toContainText('1')
  const queue = page.getByRole('region', { name: 'Queue' })
  await expect(queue.getByRole('row', { name: /any box/ })).toContainText('1')
  await fleet.cancel(running.id)
  const ended = page.getByRole('region', { name: 'Latest ends' }).getByRole('row', { name: `${word} runs` })
  await expect(ended).toContainText('cancelled')
  await expect(runs).toHaveCount(0)
  await expect(tiles.filter({ hasText: 'Slots in use' })).toContainText('0 of 3')
  await tiles.getByRole('link', { name: 'Jobs waiting' }).click()
  await expect(page).toHaveURL('/jobs?state=queued,waiting_for_box')
  await expect(page.getByRole('row', { name: `${word} waits` })).toBeVisible()
})
