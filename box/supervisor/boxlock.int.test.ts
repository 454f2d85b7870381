import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { until } from './testing/processes'

const HANG = 'import time\nprint("up", flush=True)\nwhile True: time.sleep(1)'
const USER = 'stout:test:job_test:1'

type Said = { path: string; authorization: string | undefined; body: Record<string, unknown> }

/** The lock family of a box as far as a holder sees it: HTTP/1.0 style, each answer ended by closing the connection. */
async function lockServer() {
  const said: Said[] = []
  const state: { holder: string | undefined; broken: boolean } = { holder: USER, broken: false }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => {
      text += String(part)
    })
    request.on('end', () => {
      const body = JSON.parse(text) as Record<string, unknown>
      said.push({ path: request.url ?? '', authorization: request.headers.authorization, body })
      if (state.broken) return void request.socket.destroy()
      const lock = { locked: true, user: state.holder }
      const answer = (status: number, value: object) => {
        response.writeHead(status, { connection: 'close', 'content-type': 'application/json' })
        response.end(JSON.stringify(value, null, 2))
      }
      if (request.url === '/lock/heartbeat') {
        if (!state.holder) return answer(404, { error: 'Box is not locked' })
        if (state.holder !== body.user) return answer(403, { error: 'Box is locked', lock })
        return answer(200, lock)
      }
      if (state.holder && state.holder !== body.user) return answer(409, { error: 'Box is locked', lock })
      state.holder = String(body.user)
      return answer(200, { ...lock, previous_user: null })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const beats = () => said.filter((one) => one.path === '/lock/heartbeat').length
  onTestFinished(() => void server.close())
  return { said, state, url, beats }
}

function lockAt(url: string) {
  return { url, token: 'box-bearer-5c', user: USER, ttlSeconds: 120, heartbeatSeconds: 0.05 }
}

test('the lock is kept alive with heartbeats under our own name, and never released', async () => {
  const box = await lockServer()
  const attempt = await Attempt.start(HANG, { lock: lockAt(box.url) })
  await until('three heartbeats', () => box.beats() >= 3)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(box.said.every((one) => one.path === '/lock/heartbeat' && one.body.user === USER)).toBe(true)
  expect(box.said[0]?.authorization).toBe('Bearer box-bearer-5c')
})

test('a lock that ran out is taken again', async () => {
  const box = await lockServer()
  const attempt = await Attempt.start(HANG, { lock: lockAt(box.url) })
  await until('a heartbeat', () => box.beats() >= 1)
  box.state.holder = undefined
  await until('the lock is ours again', () => box.state.holder === USER)
  expect(box.said.find((one) => one.path === '/lock')?.body).toEqual({
    user: USER,
    holder_type: 'stout',
    ttl_seconds: 120,
  })
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ endedBy: 'cancel' }])
})

test('a lock that somebody else took ends the script, and names the holder', async () => {
  const box = await lockServer()
  const attempt = await Attempt.start(HANG, { lock: lockAt(box.url) })
  await until('a heartbeat', () => box.beats() >= 1)
  box.state.holder = 'ada@bench'
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([
    { signal: 'SIGTERM', endedBy: 'outside', error: 'The box lock was taken by ada@bench.' },
  ])
})

test('a runtime that does not answer takes no lock away', async () => {
  const box = await lockServer()
  const attempt = await Attempt.start(HANG, { lock: lockAt(box.url) })
  box.state.broken = true
  await until('heartbeats without an answer', () => box.beats() >= 3)
  box.state.broken = false
  const before = box.beats()
  await until('heartbeats again', () => box.beats() > before)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ endedBy: 'cancel' }])
})
