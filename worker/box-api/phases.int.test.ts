import { expect, test } from 'vitest'
import { listEvents } from '../../core/events/list-events'
import { aClaim } from '../testing/claimed'
import { aLab } from '../testing/lab'

test('phases stand in the timeline of the job; what is damaged or comes with another token does not', async () => {
  await using lab = await aLab()
  const { id, token } = await aClaim(lab)
  const post = async (body: object, bearer = token) => {
    const url = `http://127.0.0.1:${lab.workerPort}/box/v1/attempts/${id}/1/phase`
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status
  }
  const installed = { event: 'dependencies_installed', durationMs: 1234, cached: true }
  expect(await post(installed, `${token}x`)).toBe(401)
  for (const wrong of [
    { ...installed, durationMs: -1 },
    { ...installed, cached: 'yes' },
    { event: 'dependencies_installed' },
    { event: 'complete' },
  ]) {
    expect([wrong, await post(wrong)]).toEqual([wrong, 400])
  }
  expect(await post({ event: 'dependencies_installing' })).toBe(200)
  expect(await post(installed)).toBe(200)
  expect(await post(installed), 'again').toBe(200)
  const { items } = await listEvents(lab.ctx, id, { limit: 50 })
  expect(items.slice(-2)).toMatchObject([
    { type: 'dependencies_installing', attempt: 1, data: {} },
    { type: 'dependencies_installed', attempt: 1, data: { durationMs: 1234, cached: true } },
  ])
})
