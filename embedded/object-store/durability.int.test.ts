import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { until } from '../process'
import { openStore } from './storage/store'
import { sendRaw, signedByHeader } from './testing/raw'
import { aStoreProcess, type StoreAccess } from './testing/store'
import { clientOf } from './testing/subject'

const UNSHARE = 'unshare'

/** Whether ordinary users may have file systems of their own here. */
const canMount = (() => {
  try {
    execFileSync(UNSHARE, ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

async function countObjects(store: StoreAccess): Promise<number> {
  const list = signedByHeader(store, { method: 'GET', target: `/${store.bucket}?list-type=2` })
  return Number(/<KeyCount>(\d+)</.exec((await sendRaw(store, list)).body.toString())?.[1])
}

test('what was acknowledged is there after kill -9, and what was half written leaves nothing', async () => {
  await using store = await aStoreProcess()
  using s3 = clientOf(store)
  const at = (Key: string) => ({ Bucket: store.bucket, Key })
  await s3.send(new PutObjectCommand({ ...at('kept'), Body: 'first' }))
  await s3.send(new PutObjectCommand({ ...at('kept'), Body: 'second' }))

  const url = await getSignedUrl(s3, new PutObjectCommand(at('half')), { expiresIn: 60 })
  const upload = request(url, { method: 'PUT', headers: { 'content-length': 10_000_000 } })
  const cut = new Promise((resolve) => upload.on('error', resolve))
  upload.write(Buffer.alloc(3_000_000, 'x'))
  const drafts = () => readdirSync(path.join(store.dir, 'tmp'))
  expect(await until(() => drafts().length === 1, 10_000)).toBe(true)
  await store.kill()
  await cut
  expect(drafts()).toHaveLength(1)

  await store.start()
  expect(drafts()).toEqual([])
  const got = await s3.send(new GetObjectCommand(at('kept')))
  expect(await got.Body?.transformToString()).toBe('second')
  await expect(s3.send(new GetObjectCommand(at('half')))).rejects.toMatchObject({ name: 'NoSuchKey' })
})

test('however often it is killed in the middle of writes, what it acknowledged is there, whole, and nothing else is', async () => {
  await using store = await aStoreProcess()
  /** By key: what was acknowledged last, and what was sent since, which may count or not. */
  const possible = new Map<string, Set<string>>()
  for (let round = 0; round < 3; round++) {
    let acknowledged = 0
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const key = `writer-${writer}/${n % 5}`
        const body = `${round} ${writer} ${n} `.repeat(5000)
        possible.get(key)?.add(body)
        const put = signedByHeader(store, { method: 'PUT', target: `/${store.bucket}/${key}`, body })
        const answer = await sendRaw(store, put).catch(() => null)
        if (answer?.status !== 200) return // it was killed
        possible.set(key, new Set([body]))
        acknowledged += 1
      }
    })
    expect(await until(() => acknowledged >= 30, 30_000)).toBe(true)
    await store.kill()
    await Promise.all(writers)
    await store.start()
    expect(possible.size).toBe(20)
    for (const [key, bodies] of possible) {
      const get = signedByHeader(store, { method: 'GET', target: `/${store.bucket}/${key}` })
      const { body } = await sendRaw(store, get)
      expect(bodies.has(body.toString()), key).toBe(true)
    }
    expect(readdirSync(path.join(store.dir, 'tmp'))).toEqual([])
  }
  const files = readdirSync(path.join(store.dir, 'data'), { recursive: true, encoding: 'utf8' })
  expect(files.filter((name) => name.includes('/'))).toHaveLength(await countObjects(store))
})

test('one process at a time has the folder; the lock falls with it', async () => {
  await using store = await aStoreProcess()
  expect(() => openStore(store.dir)).toThrow(/locked/)
  await store.kill()
  openStore(store.dir).catalogue.close()
})

test('data without its catalogue is not taken for leftovers', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-store-'))
  try {
    const store = openStore(dir)
    const draft = await store.files.create()
    await draft.write(Buffer.from('kept'))
    const name = await draft.keep()
    store.catalogue.close()
    rmSync(path.join(dir, 'catalogue.sqlite'))
    expect(() => openStore(dir)).toThrow(/its catalogue.sqlite is gone/)
    expect(existsSync(path.join(dir, 'data', name.slice(0, 2), name))).toBe(true)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test.skipIf(!canMount)(
  'a full disk is told as such, takes nothing from what is there, and is over when there is room',
  async () => {
    await using store = await aStoreProcess({ diskMegabytes: 6 })
    const put = (key: string, megabytes: number) => {
      const body = Buffer.alloc(megabytes * 1024 * 1024, key)
      return sendRaw(store, signedByHeader(store, { method: 'PUT', target: `/${store.bucket}/${key}`, body }))
    }
    expect(await put('a', 2)).toMatchObject({ status: 200 })
    expect(await put('b', 8)).toMatchObject({ status: 503, code: 'ServiceUnavailable' })
    expect(await put('a', 8)).toMatchObject({ status: 503, code: 'ServiceUnavailable' })
    const { body } = await sendRaw(store, signedByHeader(store, { method: 'GET', target: `/${store.bucket}/a` }))
    expect(body.length).toBe(2 * 1024 * 1024)
    expect(await put('b', 2)).toMatchObject({ status: 200 })
  },
)

test.skipIf(!canMount)('a catalogue that finds no more room refuses, and still knows what it has', async () => {
  await using store = await aStoreProcess({ diskMegabytes: 1 })
  const at = (n: number) => `/${store.bucket}/${n}`
  const headers = { 'x-amz-meta-long': 'x'.repeat(2000) }
  let n = 0
  let answer = await sendRaw(store, signedByHeader(store, { method: 'PUT', target: at(n), headers }))
  while (answer.status === 200 && n < 2000)
    answer = await sendRaw(store, signedByHeader(store, { method: 'PUT', target: at(++n), headers }))
  expect(answer).toMatchObject({ status: 503, code: 'ServiceUnavailable' })
  expect(n).toBeGreaterThan(5)
  const reads = [0, n - 1, n].map((i) => sendRaw(store, signedByHeader(store, { method: 'GET', target: at(i) })))
  expect((await Promise.all(reads)).map(({ status }) => status)).toEqual([200, 200, 404])
})
