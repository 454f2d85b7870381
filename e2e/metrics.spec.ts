import { theSystem } from './connection'
import { expect, test } from './fixtures'

test('the web process that people use tells its metrics to this machine and to no proxy', async ({
  request,
  fleet,
}) => {
  await fleet.jobs()
  const { url } = theSystem()
  const told = await (await request.get(`${url}/metrics`)).text()
  expect(told).toContain('stout_http_requests_total{method="GET",route="/api/v1/jobs",status="200"}')
  expect(told).toContain('nodejs_eventloop_lag_seconds')
  const proxied = await request.get(`${url}/metrics`, { headers: { 'x-forwarded-for': '127.0.0.1' } })
  expect(proxied.status()).toBe(403)
})
