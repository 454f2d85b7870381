import { expect, test } from 'vitest'
import { cancelJob } from '../../core/jobs/cancel-job'
import { aJob, anOrg } from '../../core/testing/fixtures'
import { aMember, aServer, type Member } from '../testing/fixtures'
import { append, aRunningJob, close } from '../testing/running-job'
import { allMessages, type Message, messages } from '../testing/sse'

type Line = { attempt: number; n: number; text: string; stream: string; base64?: string; gap?: unknown }

async function open(url: string, { bearer }: Member, jobId: string, query = '', headers = {}, signal?: AbortSignal) {
  return await fetch(`${url}/api/v1/jobs/${jobId}/logs/stream${query}`, {
    headers: { authorization: bearer, ...headers },
    ...(signal && { signal }),
  })
}

const linesOf = (all: Message[]) => all.filter(({ event }) => event === 'message').flatMap(({ data }) => data as Line[])

test('readers that join at 200 random moments, and break off and resume, get every line once and in order', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  const total = 1_000
  let written = 0
  const read = async (seed: number) => {
    // begins when a random share of the lines is there
    while (written < (seed / 200) * total) await new Promise((resolve) => setTimeout(resolve, 1))
    const seen: Line[] = []
    let lastId = ''
    for (let turn = 0; ; turn++) {
      const breakOff = new AbortController()
      const breakAfter = turn < seed % 3 ? 1 + (seed % 7) : Number.POSITIVE_INFINITY
      const headers = lastId ? { 'last-event-id': lastId } : {}
      const response = await open(s.url, member, ref.jobId, '', headers, breakOff.signal)
      expect(response.status).toBe(200)
      let count = 0
      for await (const message of messages(response)) {
        if (message.event === 'end') {
          expect(message.data).toEqual({ attempt: 1, lastN: total })
          return seen
        }
        seen.push(...(message.data as Line[]))
        lastId = message.id
        if (++count >= breakAfter) break
      }
      breakOff.abort()
    }
  }
  const readers = Array.from({ length: 200 }, (_, seed) => read(seed))
  while (written < total) {
    const size = 1 + ((written * 7919) % 59)
    const texts = Array.from({ length: Math.min(size, total - written) }, (_, i) => `line ${written + i + 1}`)
    await append(s.web, ref, written + 1, texts)
    written += texts.length
  }
  await close(s.web, ref, total)
  const expected = Array.from({ length: total }, (_, i) => `1.${i + 1} line ${i + 1}`)
  for (const seen of await Promise.all(readers)) {
    expect(seen.map(({ attempt, n, text }) => `${attempt}.${n} ${text}`)).toEqual(expected)
  }
})

test('ids name the last line of a message, and a stream resumes after it, also by query', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a', 'b', 'c'])
  await close(s.web, ref, 3)
  const all = await allMessages(await open(s.url, member, ref.jobId))
  expect(all.map(({ id, event }) => [id, event])).toEqual([
    ['1.3', 'message'],
    ['', 'end'],
  ])
  const rest = await allMessages(await open(s.url, member, ref.jobId, '?lastEventId=1.2&attempt=1'))
  expect(linesOf(rest).map(({ text }) => text)).toEqual(['c'])
  const none = await allMessages(await open(s.url, member, ref.jobId, '', { 'last-event-id': '1.3' }))
  expect(none.map(({ event, data }) => [event, data])).toEqual([['end', { attempt: 1, lastN: 3 }]])
})

test('follow=0 says what is there and ends, also while the script runs', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a', 'b'])
  const all = await allMessages(await open(s.url, member, ref.jobId, '?follow=0'))
  expect(linesOf(all).map(({ text }) => text)).toEqual(['a', 'b'])
  expect(all.at(-1)).toMatchObject({ event: 'end', data: { attempt: 1, lastN: 2 } })
})

test('a job that never ran has a stream that ends when the job does', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const { id } = await aJob(member.ctx)
  const reading = allMessages(await open(s.url, member, id))
  await cancelJob(member.ctx, id, '')
  await s.web.bus.publish([{ topic: `job:${id}`, n: 2 }])
  expect((await reading).map(({ event, data }) => [event, data])).toEqual([['end', { attempt: 0, lastN: 0 }]])
})

test('a stream ends soon after its caller’s token or session was revoked', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  const byToken = await open(s.url, member, ref.jobId)
  const byCookie = await fetch(`${s.url}/api/live?topics=jobs`, { headers: { cookie: member.cookie } })
  expect([byToken.status, byCookie.status]).toEqual([200, 200])
  await s.db.updateTable('apiTokens').set({ revokedAt: new Date() }).where('id', '=', member.tokenId).execute()
  await s.db.updateTable('sessions').set({ revokedAt: new Date() }).where('id', '=', member.sessionId).execute()
  const [said] = await Promise.all([allMessages(byToken), allMessages(byCookie)])
  expect(said).toEqual([])
})

test('a reader that went away leaves nothing behind, and a process that stops ends its streams', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  let listening = 0
  const { subscribe } = s.web.bus
  s.web.bus.subscribe = (topic, onWake) => {
    listening++
    const end = subscribe(topic, onWake)
    return () => {
      listening--
      end()
    }
  }
  const gone = new AbortController()
  await open(s.url, member, ref.jobId, '', {}, gone.signal)
  await expect.poll(() => listening).toBeGreaterThan(0)
  gone.abort()
  await expect.poll(() => listening).toBe(0)
  const response = await open(s.url, member, ref.jobId)
  s.web.closing.abort()
  expect(await allMessages(response)).toEqual([])
  await expect.poll(() => listening).toBe(0)
})

const NASTY = [
  Buffer.from([0, 0xff, 0xfe, 0x80]),
  '\x1b[31mred\x1b[0m',
  '<script>alert(1)</script>',
  '',
  'grüße 👋',
  'a\rb',
]

test('whatever a script prints is kept byte for byte, and can be read as lines and as a download', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, NASTY)
  await append(s.web, ref, NASTY.length + 1, ['no newline at the end'], 1)
  const headers = { authorization: member.bearer }
  const raw = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs/raw`, { headers })
  const expected = Buffer.concat([
    ...NASTY.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]),
    Buffer.from('no newline at the end'),
  ])
  expect(Buffer.from(await raw.arrayBuffer()).equals(expected)).toBe(true)
  expect(raw.headers.get('content-disposition')).toBe(`attachment; filename="${ref.jobId}-1.log"`)
  expect(raw.headers.get('x-content-type-options')).toBe('nosniff')
  const none = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs/raw?stream=stderr`, { headers })
  expect(await none.text()).toBe('')
  const page = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs?limit=2`, { headers })
  expect(await page.json()).toMatchObject({
    ...{ attempt: 1, nextFrom: 3, lineCount: NASTY.length + 1, closed: false },
    items: [
      { n: 1, base64: 'AP/+gA==' },
      { n: 2, text: '\x1b[31mred\x1b[0m' },
    ],
  })
  const rest = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs?from=6&attempt=1`, { headers })
  expect(await rest.json()).toMatchObject({ items: [{ n: 6 }, { n: 7, partial: true }], nextFrom: 8 })
})

test('lost lines leave a mark in the download', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a'])
  await append(s.web, ref, 2, [JSON.stringify({ lines: 5, sizeBytes: 50, why: 'the spool was full' })], 2)
  await append(s.web, ref, 3, ['b'])
  const raw = await fetch(`${s.url}/api/v1/jobs/${ref.jobId}/logs/raw`, { headers: { authorization: member.bearer } })
  expect(await raw.text()).toBe('a\n\n--- stout: 5 lines (50 bytes) are missing here: the spool was full ---\nb\n')
})

test('a tab hears at once where things stand, then that they moved, of what it may see', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['a'])
  const topics = [`job:${ref.jobId}`, `log:${ref.jobId}:1`, `artifacts:${ref.jobId}`, 'jobs', 'boxes']
  const response = await fetch(`${s.url}/api/live?topics=${topics.join(',')}`, { headers: { cookie: member.cookie } })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const heard: Record<string, number> = {}
  const reading = (async () => {
    for await (const { data } of messages(response)) {
      const { topic, n } = data as { topic: string; n: number }
      heard[topic] = n
      if (n === 40) return
    }
  })()
  await expect.poll(() => Object.keys(heard).sort()).toEqual([...topics].sort())
  expect(heard[`log:${ref.jobId}:1`]).toBe(1)
  expect(heard[`job:${ref.jobId}`]).toBe(3)
  for (let n = 2; n <= 40; n++) await append(s.web, ref, n, [`line ${n}`])
  await reading
})

test('a tab may not listen to what is not its own, nor to what is no topic', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const { id } = await aJob(await anOrg(s.db))
  const ask = async (topics: string, headers: Record<string, string> = { cookie: member.cookie }) =>
    (await fetch(`${s.url}/api/live?topics=${topics}`, { headers })).status
  expect(await ask(`job:${id}`)).toBe(404)
  expect(await ask(`log:${id}:1`)).toBe(404)
  expect(await ask(`artifacts:${id}`)).toBe(404)
  expect(await ask(`jobs:${member.ctx.orgId}`)).toBe(400)
  expect(await ask('')).toBe(400)
  expect(await ask('jobs', {})).toBe(401)
})
