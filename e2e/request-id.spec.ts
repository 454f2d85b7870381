import { readFileSync } from 'node:fs'
import path from 'node:path'
import { theSystem } from './connection'
import { expect, test } from './fixtures'

/** What a process logged with a request id. */
function logged(name: 'web' | 'worker', requestId: string): Record<string, unknown>[] {
  const lines = readFileSync(path.join(theSystem().logDir, `${name}.log`), 'utf8').split('\n')
  return lines.filter((line) => line.includes(`"${requestId}"`)).map((line) => JSON.parse(line))
}

test('one id leads from a request through the logs of both processes to the event that it caused', async ({
  request,
}) => {
  const { url, apiToken } = theSystem()
  const submitId = `submit-${crypto.randomUUID()}`
  const cancelId = `cancel-${crypto.randomUUID()}`
  const headers = (id: string) => ({ authorization: `Bearer ${apiToken}`, 'x-request-id': id })
  const data = { script: 'import time\nprint(1, flush=True)\ntime.sleep(600)' }
  const submitted = await request.post(`${url}/api/v1/jobs`, { headers: headers(submitId), data })
  expect(submitted.headers()['x-request-id']).toBe(submitId)
  const { id: jobId } = (await submitted.json()) as { id: string }
  await expect
    .poll(() => logged('worker', submitId), { timeout: 30_000 })
    .toEqual(
      expect.arrayContaining([
        expect.objectContaining({ msg: 'event', type: 'submitted', jobId }),
        expect.objectContaining({ msg: 'dispatched', jobId, attempt: 1 }),
      ]),
    )
  await request.post(`${url}/api/v1/jobs/${jobId}/cancel`, { headers: headers(cancelId), data: {} })
  await expect
    .poll(() => logged('worker', cancelId), { timeout: 30_000 })
    .toEqual([expect.objectContaining({ msg: 'event', type: 'cancel', jobId, attempt: 1 })])
  expect(logged('web', submitId)).toEqual([expect.objectContaining({ msg: 'answered', method: 'POST', status: 201 })])
  expect(logged('web', cancelId)).toEqual([expect.objectContaining({ msg: 'answered', method: 'POST', status: 200 })])
  const events = await request.get(`${url}/api/v1/jobs/${jobId}/events`, { headers: headers('other') })
  const { items } = (await events.json()) as { items: { type: string; data: { requestId?: string } }[] }
  const ids = items.filter(({ data }) => data.requestId).map(({ type, data }) => [type, data.requestId])
  expect(ids).toEqual([
    ['submitted', submitId],
    ['cancel', cancelId],
  ])
})
