import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import type { AttemptRef } from '../../core/attempts/tokens'
import { packLog } from '../../core/logs/pack-log'
import { takeLogToPack } from '../../core/logs/take-log-to-pack'
import { aClosedLog, shortLines } from '../../core/testing/logs'
import type { Web } from '../compose'
import { aMember, aServer, type Member } from '../testing/fixtures'
import { messages } from '../testing/sse'

type Line = { attempt: number; n: number; text: string }

async function pack({ db, store }: Web): Promise<void> {
  const taken = await takeLogToPack(db, 0)
  if (taken) await packLog({ db, store }, taken, new AbortController().signal)
}

const get = async (url: string, { bearer }: Member, { jobId }: AttemptRef, path: string) =>
  await fetch(`${url}/api/v1/jobs/${jobId}/logs${path}`, { headers: { authorization: bearer } })

async function objectOf({ db, store }: Web, { jobId }: AttemptRef): Promise<{ Bucket: string; Key: string }> {
  const head = db.selectFrom('logHeads').select('packedKey').where('jobId', '=', jobId)
  return { Bucket: store.bucket, Key: (await head.executeTakeFirstOrThrow()).packedKey ?? '' }
}

test('200 readers, by stream, by range and as a download, get each line once and in order while the log is packed', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const total = 3_000
  const ref = await aClosedLog(member.ctx, shortLines(100, total / 100, 120))
  const expected = await (await get(s.url, member, ref, '/raw')).text()
  expect(expected.split('\n').length).toBe(total + 1)
  const begun = { count: 0, packed: false }
  const atTheirPlaces = Promise.withResolvers<void>()
  /** Each reader waits somewhere in the log, at a place of its own, until the log is packed. */
  const pauseAt = async (reader: number, n: number) => {
    if (begun.packed || n < (reader / 200) * total) return
    if (++begun.count === 200) atTheirPlaces.resolve()
    await packed.promise
  }
  const packed = Promise.withResolvers<void>()
  const byStream = async (reader: number, follow: 0 | 1) => {
    const lines: Line[] = []
    for await (const { event, data } of messages(await get(s.url, member, ref, `/stream?follow=${follow}`))) {
      if (event === 'end') break
      lines.push(...(data as Line[]))
      await pauseAt(reader, lines.length)
    }
    return lines
  }
  const byRange = async (reader: number) => {
    const lines: Line[] = []
    for (let from = 1; from <= total; from = lines.length + 1) {
      const range = await get(s.url, member, ref, `?from=${from}&limit=1000`)
      lines.push(...((await range.json()) as { items: Line[] }).items)
      await pauseAt(reader, lines.length)
    }
    return lines
  }
  const ways = [byRange, (reader: number) => byStream(reader, 0), (reader: number) => byStream(reader, 1)]
  const readers = Array.from({ length: 200 }, (_, reader) => ways[reader % 3]?.(reader))
  await atTheirPlaces.promise
  await pack(s.web)
  expect(await s.db.selectFrom('logChunks').select('firstN').execute()).toEqual([])
  begun.packed = true
  packed.resolve()
  for (const lines of await Promise.all(readers)) {
    expect(lines?.map(({ text }) => `${text}\n`).join('')).toBe(expected)
    expect(lines?.every(({ n }, i) => n === i + 1)).toBe(true)
  }
  expect(await (await get(s.url, member, ref, '/raw')).text()).toBe(expected)
})

test('what is not the log any more is never taken for it: a download that had begun breaks off', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aClosedLog(member.ctx, shortLines(30, 1_000))
  await pack(s.web)
  const { client } = s.web.store
  const object = await objectOf(s.web, ref)
  const { Body } = await client.send(new GetObjectCommand(object))
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
  await client.send(new PutObjectCommand({ ...object, Body: bytes.subarray(0, bytes.length - 9_000) }))
  const begun = await get(s.url, member, ref, '/raw')
  expect(begun.status).toBe(200)
  await expect(begun.text()).rejects.toThrow()
})

test('a packed log is answered 503 with words while the store does not give it, and is there again afterwards', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aClosedLog(member.ctx, shortLines(30, 1_000))
  const expected = await (await get(s.url, member, ref, '/raw')).text()
  await pack(s.web)
  const { client } = s.web.store
  const object = await objectOf(s.web, ref)
  const { Body } = await client.send(new GetObjectCommand(object))
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
  await client.send(new DeleteObjectCommand(object))
  for (const path of ['', '?from=20000&limit=5', '/raw']) {
    const answer = await get(s.url, member, ref, path)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await answer.json()).toMatchObject({ code: 'unavailable', message: expect.stringContaining('object store') })
  }
  const told: unknown[] = []
  for await (const message of messages(await get(s.url, member, ref, '/stream'))) told.push(message)
  expect(told, 'a stream ends without an end, and is asked for again').toEqual([])
  await client.send(new PutObjectCommand({ ...object, Body: bytes }))
  expect(await (await get(s.url, member, ref, '/raw')).text()).toBe(expected)
})
