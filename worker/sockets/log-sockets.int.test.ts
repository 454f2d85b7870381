import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { cancelJob } from '../../core/jobs/cancel-job'
import { aJob } from '../../core/testing/fixtures'
import { aMember, aServer, type Member } from '../../server/testing/fixtures'
import { append, aRunningJob, close } from '../../server/testing/running-job'
import { allMessages } from '../../server/testing/sse'
import { openMetrics } from '../metrics'
import { aLab } from '../testing/lab'
import { LogSockets, type SocketDeps } from './log-sockets'

type Said = { event: string; id?: string; data: unknown }
type Line = { n: number; text: string }
const OURS = { origin: 'http://stout.test' }

/** A web process, and a server of sockets on the same database. */
async function bothDoors(more: Partial<SocketDeps> = {}) {
  const stack = new AsyncDisposableStack()
  const s = stack.use(await aServer())
  const sockets = new LogSockets({ ...s.web, proxies: 0, openSockets: openMetrics(s.db).openSockets, ...more })
  const server = createServer().on('upgrade', (request, connection, head) => sockets.upgrade(request, connection, head))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  stack.defer(() => {
    sockets.close()
    server.close()
  })
  const connections = () =>
    new Promise<number>((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))))
  return { ...s, connections, sockets, ws: `ws://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const open = (ws: string, jobId: string, headers: Record<string, string> = {}, query = '') =>
  new WebSocket(`${ws}/api/v1/jobs/${jobId}/logs/ws${query}`, { headers })

/** All that is said until it is closed, and how. */
async function listen(socket: WebSocket): Promise<{ said: Said[]; code: number; reason: string }> {
  const said: Said[] = []
  socket.on('message', (data) => said.push(JSON.parse(data.toString())))
  return await new Promise((resolve, reject) => {
    socket.on('close', (code, reason) => resolve({ said, code, reason: reason.toString() }))
    socket.on('error', reject)
  })
}

/** The status of a refused request to upgrade, and its answer. */
async function refusal(socket: WebSocket): Promise<{ status: number | undefined; code: string }> {
  return await new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('It was let in')))
    socket.on('unexpected-response', (_, response) => {
      let text = ''
      response.on('data', (piece) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode, code: JSON.parse(text).code }))
    })
  })
}

const linesOf = (said: Said[]) => said.filter(({ event }) => event === 'message').flatMap(({ data }) => data as Line[])

test('a socket says what the event stream says, whoever comes by header, cookie or first message', async () => {
  await using s = await bothDoors()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a', Buffer.from([0xff]), 'c'])
  const tokenOf = ({ bearer }: Member) => bearer.replace('Bearer ', '')
  const byMessage = open(s.ws, ref.jobId)
  byMessage.on('open', () => byMessage.send(JSON.stringify({ token: tokenOf(member) })))
  const listening = [
    open(s.ws, ref.jobId, { authorization: member.bearer }),
    open(s.ws, ref.jobId, { cookie: member.cookie, ...OURS }),
    byMessage,
  ].map(listen)
  await append(s.web, ref, 4, ['d'])
  await close(s.web, ref, 4)
  const headers = { authorization: member.bearer }
  const stream = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs/stream`, { headers })
  const expected = linesOf((await allMessages(stream)) as Said[])
  expect(expected.map(({ text }) => text)).toEqual(['a', '\ufffd', 'c', 'd'])
  for (const { said, code } of await Promise.all(listening)) {
    expect(linesOf(said)).toEqual(expected)
    expect(said.at(-1)).toEqual({ event: 'end', data: { attempt: 1, lastN: 4 } })
    expect(code).toBe(1000)
  }
})

test('a socket goes on after a line, by query or by the first message', async () => {
  await using s = await bothDoors()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a', 'b', 'c'])
  await close(s.web, ref, 3)
  const first = await listen(open(s.ws, ref.jobId, { authorization: member.bearer }, '?follow=0'))
  expect(first.said[0]).toMatchObject({ id: '1.3' })
  const byQuery = await listen(open(s.ws, ref.jobId, { authorization: member.bearer }, '?lastEventId=1.1'))
  expect(linesOf(byQuery.said).map(({ text }) => text)).toEqual(['b', 'c'])
  const socket = open(s.ws, ref.jobId)
  socket.on('open', () => socket.send(JSON.stringify({ token: member.bearer.slice(7), lastEventId: '1.2' })))
  expect(linesOf((await listen(socket)).said).map(({ text }) => text)).toEqual(['c'])
})

test('who may not read a log is told so, and a cookie from elsewhere opens nothing', async () => {
  await using s = await bothDoors()
  const member = await aMember(s.web)
  const other = await aMember(s.web)
  const { id } = await aJob(member.ctx)
  expect(await refusal(open(s.ws, id, { authorization: 'Bearer stout_wrong' }))).toMatchObject({ status: 401 })
  expect(await refusal(open(s.ws, id, { authorization: other.bearer }))).toMatchObject({
    status: 404,
    code: 'not_found',
  })
  const bearer = { authorization: member.bearer }
  expect(await refusal(open(s.ws, id, bearer, '?lastEventId=9.9'))).toMatchObject({ status: 400 })
  expect(await refusal(open(s.ws, id, bearer, '?colour=red'))).toMatchObject({ status: 400, code: 'bad_request' })
  const unknown = new WebSocket(`${s.ws}/api/v1/jobs/${id}/logs/other`, { headers: bearer })
  expect(await refusal(unknown)).toMatchObject({ status: 404 })
  for (const origin of [{ origin: 'http://evil.test' }, {}]) {
    const socket = open(s.ws, id, { cookie: member.cookie, ...origin })
    socket.on('open', () => socket.send('{"token":"stout_wrong"}'))
    expect(await listen(socket)).toMatchObject({ said: [], code: 4401 })
  }
  const chatty = open(s.ws, id)
  chatty.on('open', () => chatty.send('hello'))
  expect(await listen(chatty)).toMatchObject({ said: [], code: 4400 })
})

test('a socket ends soon after its caller’s token or session was revoked, or has expired', async () => {
  await using s = await bothDoors()
  const member = await aMember(s.web)
  const late = await aMember(s.web, member.ctx)
  const { jobId } = await aRunningJob(member)
  const sockets = [
    open(s.ws, jobId, { authorization: member.bearer }),
    open(s.ws, jobId, { cookie: member.cookie, ...OURS }),
    open(s.ws, jobId, { authorization: late.bearer }),
  ]
  const listening = sockets.map(listen)
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.once('open', done))))
  const now = new Date()
  await s.db.updateTable('apiTokens').set({ revokedAt: now }).where('id', '=', member.tokenId).execute()
  await s.db.updateTable('sessions').set({ revokedAt: now }).where('id', '=', member.sessionId).execute()
  await s.db.updateTable('apiTokens').set({ expiresAt: now }).where('id', '=', late.tokenId).execute()
  for (const { said, code } of await Promise.all(listening)) expect([said, code]).toEqual([[], 4401])
})

test('a reader that does not read is cut, and is not read for meanwhile', async () => {
  await using s = await bothDoors({ stalledMs: 200 })
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  const line = 'x'.repeat(60_000)
  for (let n = 1; n <= 1_000; n += 50) await append(s.web, ref, n, Array(50).fill(line))
  const follow = s.web.logTails.follow.bind(s.web.logTails)
  let furthest = 0
  s.web.logTails.follow = (attempt) => {
    const tail = follow(attempt)
    const read = (from: number) => {
      furthest = Math.max(furthest, from)
      return tail.read(from)
    }
    return { ...tail, read }
  }
  const socket = open(s.ws, ref.jobId, { authorization: member.bearer })
  socket.on('error', () => undefined)
  await new Promise((done) => socket.once('open', done))
  socket.pause()
  await expect.poll(s.connections, { timeout: 30_000 }).toBe(0)
  expect(furthest).toBeGreaterThan(0)
  expect(furthest).toBeLessThan(700)
  socket.terminate()
})

test('a job that never ran has a socket that ends when the job does', async () => {
  await using s = await bothDoors()
  const member = await aMember(s.web)
  const { id } = await aJob(member.ctx)
  const socket = open(s.ws, id, { authorization: member.bearer })
  const listening = listen(socket)
  await new Promise((done) => socket.once('open', done))
  await cancelJob(member.ctx, id, '')
  await s.web.bus.publish([{ topic: `job:${id}`, n: 2 }])
  expect((await listening).said).toEqual([{ event: 'end', data: { attempt: 0, lastN: 0 } }])
})

test('the worker serves the sockets, of jobs that really run, and hands them over when it stops', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const web = { db: lab.ctx.db, keys: lab.ctx.keys, publicUrl: 'http://127.0.0.1:9' }
  const member = await aMember(web, lab.ctx)
  const id = await lab.submit({ script: 'for n in range(1000): print("line", n)' })
  const ws = `ws://127.0.0.1:${lab.workerPort}`
  const { said, code } = await listen(open(ws, id, { authorization: member.bearer }))
  expect(code).toBe(1000)
  expect(linesOf(said).map(({ text }) => text)).toEqual(Array.from({ length: 1_000 }, (_, n) => `line ${n}`))
  const waiting = await lab.submit({ script: 'print(1)', requires: ['dut=none'] })
  const socket = open(ws, waiting, { cookie: member.cookie, origin: 'http://127.0.0.1:9' })
  const listening = listen(socket)
  await new Promise((done) => socket.once('open', done))
  lab.worker.child.kill('SIGTERM')
  expect(await listening).toMatchObject({ said: [], code: 1012 })
})
