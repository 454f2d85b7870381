import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aMember } from '../server/testing/fixtures'
import { aLab, eventually } from './testing/lab'

/** The samples of an answer by their names and labels, as they are written. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

test('a worker tells of queues, placement, dispatch, claims, lines, sweeps and its process', async () => {
  await using lab = await aLab()
  const box = await lab.addBox()
  const read = async () => samplesOf(await (await fetch(`http://127.0.0.1:${lab.workerPort}/metrics`)).text())
  await lab.until(await lab.submit({ script: 'for n in range(40): print(n)' }))
  await lab.submit({ script: 'import time\nprint(1, flush=True)\ntime.sleep(600)', target: { box: box.name } })
  await lab.submit({ script: 'print(1)', target: { box: box.name } })
  await eventually('the second job runs and the third waits', async () => {
    const now = await read()
    return (
      now.get('stout_live_jobs{state="running"}') === 1 && now.get(`stout_queue_jobs{queue="box:${box.name}"}`) === 1
    )
  })
  await eventually(
    'both claims and first lines were seen',
    async () => (await read()).get('stout_first_line_seconds_count') === 2,
  )
  const now = await read()
  expect(now.get('stout_claim_seconds_count')).toBe(2)
  expect(now.get('stout_dispatch_seconds_count{outcome="launched"}')).toBe(2)
  expect(now.get('stout_placed_total')).toBe(2)
  expect(now.get('stout_placement_pass_seconds_count')).toBeGreaterThanOrEqual(2)
  expect(now.get('stout_ingest_lines_total')).toBe(41)
  expect(now.get('stout_ingest_batches_total')).toBeGreaterThanOrEqual(2)
  expect(now.get('stout_ingest_bytes_total')).toBeGreaterThan(41 * 14)
  expect(now.get('stout_ingest_commit_seconds_count')).toBeGreaterThanOrEqual(2)
  expect(now.get(`stout_queue_oldest_seconds{queue="box:${box.name}"}`)).toBeGreaterThan(0)
  expect(now.get('stout_control_streams')).toBe(1)
  expect(now.get('stout_draining_attempts')).toBe(0)
  expect(now.get('stout_box_api_request_seconds_count{verb="claim",status="200"}')).toBe(2)
  expect(now.get('stout_outbox_delivered_total')).toBeGreaterThan(5)
  for (const sweep of ['relay', 'limits', 'placement', 'silence', 'presence', 'probe'])
    expect(now.get(`stout_sweep_lag_seconds{sweep="${sweep}"}`)).toBeDefined()
  expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
})

test('a worker tells how many WebSockets are open, refused ones aside', async () => {
  await using lab = await aLab()
  const { db, keys } = lab.ctx
  const { bearer } = await aMember({ db, keys, publicUrl: 'http://127.0.0.1:9' }, lab.ctx)
  const id = await lab.submit({ script: 'print(1)' })
  const open = (authorization: string) =>
    new WebSocket(`ws://127.0.0.1:${lab.workerPort}/api/v1/jobs/${id}/logs/ws`, { headers: { authorization } })
  const read = async () =>
    samplesOf(await (await fetch(`http://127.0.0.1:${lab.workerPort}/metrics`)).text()).get('stout_open_sockets')
  const [one, two, refused] = [open(bearer), open(bearer), open('Bearer stout_wrong')]
  refused.on('error', () => undefined)
  await Promise.all([once(one, 'open'), once(two, 'open'), once(refused, 'unexpected-response')])
  expect(await read()).toBe(2)
  one.close()
  await eventually('one is open', async () => (await read()) === 1)
  two.terminate()
  await eventually('none is open', async () => (await read()) === 0)
})

test('metrics are told to this machine, to no proxy, and where there is a token to its holders alone', async () => {
  const token = 'a-token-for-metrics'
  await using lab = await aLab({ STOUT_HOST: '0.0.0.0' })
  const second = await lab.startWorker({ STOUT_METRICS_TOKEN: token, STOUT_HOST: '0.0.0.0' })
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((at) => at?.family === 'IPv4' && !at.internal)?.address
  const ask = async (port: unknown, headers: Record<string, string> = {}, host = '127.0.0.1') =>
    (await fetch(`http://${host}:${port}/metrics`, { headers })).status
  expect(await ask(lab.workerPort)).toBe(200)
  expect(await ask(lab.workerPort, { 'x-forwarded-for': '127.0.0.1' })).toBe(403)
  if (outside) expect(await ask(lab.workerPort, {}, outside)).toBe(403)
  expect(await ask(second.ready.port)).toBe(403)
  expect(await ask(second.ready.port, { authorization: 'Bearer wrong' })).toBe(403)
  expect(await ask(second.ready.port, { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.1' })).toBe(200)
})
