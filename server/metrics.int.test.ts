import { expect, test } from 'vitest'
import { aBox, aJob } from '../core/testing/fixtures'
import { watchRequests } from './metrics'
import { aMember, aServer } from './testing/fixtures'
import { messages } from './testing/sse'

test('the web process counts requests by the template of their route, and its open streams', async () => {
  await using s = await aServer()
  watchRequests(s.web.metrics, 0)
  const member = await aMember(s.web)
  await aBox(member.ctx)
  const { id } = await aJob(member.ctx, { state: 'running' })
  const headers = { authorization: member.bearer }
  const read = async () => await (await fetch(`${s.url}/metrics`)).text()
  await fetch(`${s.url}/api/v1/jobs/${id}`, { headers })
  await fetch(`${s.url}/api/v1/jobs/job_nowhere`, { headers })
  await fetch(`${s.url}/api/v1/what/is/${id}`, { headers })
  const gone = new AbortController()
  const stream = await fetch(`${s.url}/api/v1/jobs/${id}/logs/stream`, { headers, signal: gone.signal })
  const reading = messages(stream)
    .next()
    .catch(() => undefined)
  await expect.poll(read).toContain('stout_open_streams{kind="log"} 1')
  const told = await read()
  expect(told).toContain('stout_http_requests_total{method="GET",route="/api/v1/jobs/{jobId}",status="200"} 1')
  expect(told).toContain('stout_http_requests_total{method="GET",route="/api/v1/jobs/{jobId}",status="404"} 1')
  expect(told).toContain('stout_http_requests_total{method="GET",route="none",status="404"} 1')
  expect(told).not.toContain(id)
  expect(told).toContain('process_resident_memory_bytes')
  gone.abort()
  await reading
  await expect.poll(read).toContain('stout_open_streams{kind="log"} 0')
})

test('a proxy that passes a request on gets no metrics, nor does one who names a peer', async () => {
  await using s = await aServer()
  watchRequests(s.web.metrics, 0)
  const ask = async (headers: Record<string, string>) => (await fetch(`${s.url}/metrics`, { headers })).status
  expect(await ask({})).toBe(200)
  expect(await ask({ 'x-forwarded-for': '192.0.2.1' })).toBe(403)
  expect(await ask({ 'x-forwarded-for': '192.0.2.1', 'x-stout-peer': '127.0.0.1' })).toBe(403)
})
