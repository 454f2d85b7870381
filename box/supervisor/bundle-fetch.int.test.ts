import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { presignGet } from '../../core/store/presign'
import { openStore } from '../../core/store/store'
import { aStore, aStoreProcess, type StoreAccess } from '../../embedded/object-store/testing/store'
import { aProxy, type Proxy as Way } from '../../worker/testing/proxy'
import { Attempt } from './testing/attempt'
import { zip } from './testing/bundle'
import type { Order } from './testing/collector'
import { LIMITS } from './testing/keeping'
import { processesOf, until } from './testing/processes'

/** A bundle of some MB that no packing makes smaller. */
const NOISE = randomBytes(6_000_000)
const MAIN = [
  'import hashlib, sys',
  'from pkg import inner',
  'print(inner.WORD, hashlib.sha256(open("noise.bin", "rb").read()).hexdigest(), sys.path[0].endswith("/app"))',
].join('\n')
const BUNDLE = zip({ 'app/run.py': MAIN, 'app/pkg/inner.py': 'WORD = "inside"', 'noise.bin': NOISE })
const SHA256 = createHash('sha256').update(BUNDLE).digest('hex')
const EXPECTED = `inside ${createHash('sha256').update(NOISE).digest('hex')} True\n`

type Fetching = { attempt: Attempt; proxy: Way; urls: number }

/** An attempt whose bundle lies in a store behind a proxy. `spoil` changes the URL of a claim's answer. */
async function fetching(
  order: Partial<Order> = {},
  options: { store?: StoreAccess; spoil?: (url: string, nth: number) => string; sha256?: string } = {},
): Promise<Fetching> {
  const access = options.store ?? (await aStoreForTest())
  const proxy = await aProxy(() => Number(new URL(access.endpoint).port))
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const store = openStore({
    ...{ S3_ENDPOINT: access.endpoint, S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${proxy.port}` },
    ...{ S3_BUCKET: access.bucket, S3_REGION: access.region },
    ...{ S3_ACCESS_KEY_ID: access.accessKeyId, S3_SECRET_ACCESS_KEY: access.secretAccessKey },
  })
  onTestFinished(() => store.close())
  await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: 'bundle', Body: BUNDLE }))
  const attempt = await Attempt.start('', { bundle: BUNDLE, entry: 'app/run.py', launch: false, ...order })
  const kept: Fetching = { attempt, proxy, urls: 0 }
  attempt.collector.bundleUrl = async () => {
    const url = await presignGet(store, 'bundle', {}, 3600)
    kept.urls += 1
    return options.spoil?.(url, kept.urls) ?? url
  }
  attempt.collector.sha256 = options.sha256
  return kept
}

async function aStoreForTest(): Promise<StoreAccess> {
  const store = await aStore()
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

async function expectRan({ attempt }: Fetching): Promise<void> {
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
  expect(attempt.collector.text()).toBe(EXPECTED)
}

const cacheOf = (attempt: Attempt) => join(attempt.tmp, 'stout-cache-org_1', 'bundles')

test('a bundle by URL is fetched, unpacked and run by its entry; without a cache key nothing of it stays', async () => {
  const kept = await fetching()
  await kept.attempt.launch()
  await expectRan(kept)
  expect(kept.attempt.collector.text(2)).toMatch(/^\[stout\] fetched the bundle \(6(\.0\d)? MB\) in \d+\.\d s\n$/)
  expect(await readdir(kept.attempt.tmp)).toEqual([])
})

test('with a cache key it is kept, checked at each use, and fetched once by jobs that need it at once', async () => {
  const first = await fetching({ cacheKey: 'org_1' })
  const second = await fetching({ cacheKey: 'org_1' })
  await Promise.all([first.attempt.launch(), first.attempt.launchBeside(second.attempt)])
  await Promise.all([expectRan(first), expectRan(second)])
  const logs = first.attempt.collector.text(2) + second.attempt.collector.text(2)
  expect(logs.match(/fetched the bundle/g)?.length).toBe(1)
  const cache = cacheOf(first.attempt)
  expect((await readdir(cache)).sort()).toEqual([`${SHA256}.zip`, `${SHA256.slice(0, 2)}.lock`].sort())
  expect((await stat(cache)).mode & 0o777).toBe(0o700)
  const file = join(cache, `${SHA256}.zip`)
  expect((await stat(file)).mode & 0o777).toBe(0o600)

  const damaged = await readFile(file)
  damaged[3_000_000] = (damaged[3_000_000] ?? 0) ^ 1
  await writeFile(file, damaged)
  const again = await fetching({ cacheKey: 'org_1' })
  await first.attempt.launchBeside(again.attempt)
  await expectRan(again)
  expect(again.attempt.collector.text(2)).toContain('fetched the bundle')
  expect(
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  ).toBe(SHA256)

  await utimes(file, new Date(), new Date(Date.now() - 20 * 86_400_000))
  const cached = await fetching({ cacheKey: 'org_1' })
  await first.attempt.launchBeside(cached.attempt)
  await expectRan(cached)
  expect(cached.attempt.collector.text(2)).toBe('')
  expect(Date.now() - (await stat(file)).mtimeMs).toBeLessThan(86_400_000)
})

test('a URL that is refused is asked for anew, with the same nonce', async () => {
  const kept = await fetching({}, { spoil: (url, nth) => (nth < 3 ? url.replace(/Signature=./, 'Signature=x') : url) })
  await kept.attempt.launch()
  await expectRan(kept)
  expect(kept.urls).toBe(3)
  expect(new Set(kept.attempt.collector.claims.map(({ nonce }) => nonce)).size).toBe(1)
})

test('the store is away, and connections to it break: what is there is not asked for again', async () => {
  const store = await aStoreProcess()
  onTestFinished(() => store[Symbol.asyncDispose]())
  const kept = await fetching({}, { store })
  await store.kill()
  await kept.attempt.launch()
  await until('trouble', () => kept.attempt.collector.text(2).includes('trying again'))
  const asked: number[] = []
  kept.proxy.play('cut_in_answer', (head) => {
    asked.push(Number(/Range: bytes=(\d+)/.exec(head)?.[1] ?? 0))
    return (asked.at(-1) ?? 0) < 3_900_000
  })
  await store.start()
  await expectRan(kept)
  expect(new Set(asked).size).toBeGreaterThanOrEqual(3)
  expect(asked.at(-1)).toBeGreaterThan(3_900_000)
})

test('a connection that stands still is left for another one', async () => {
  const kept = await fetching({ artifacts: { ...LIMITS, stallSeconds: 1 } })
  kept.proxy.turn('dead')
  await kept.attempt.launch()
  await until('trouble', () => kept.attempt.collector.text(2).includes('timed out'))
  kept.proxy.turn('up')
  await expectRan(kept)
})

test('other bytes than announced are never unpacked, and it says so', async () => {
  const kept = await fetching({ cacheKey: 'org_1' }, { sha256: '0'.repeat(64) })
  await kept.attempt.launch()
  await kept.attempt.closed()
  expect(kept.attempt.collector.exits).toMatchObject([
    { exitCode: null, error: 'The script could not be started: the bundle arrived damaged (its hash differs)' },
  ])
  expect((await readdir(cacheOf(kept.attempt))).filter((name) => !name.endsWith('.lock'))).toEqual([])
})

test.each([
  ['a cancel', 'cancel', ({ collector }: Attempt) => collector.control({ cancel: { reason: 'enough' } })],
  ['a stop', 'cancel', ({ collector }: Attempt) => collector.control({ stop: { reason: 'enough' } })],
  ['the deadline', 'deadline', ({ collector }: Attempt) => collector.control({ remainingSeconds: 0 })],
])('%s ends a fetch at once, and what came of it is told', async (_, endedBy, end) => {
  const kept = await fetching({ cacheKey: 'org_1', graceSeconds: 60 })
  kept.proxy.turn('dead')
  await kept.attempt.launch()
  await until('the fetch', async () =>
    (await readdir(cacheOf(kept.attempt)).catch(() => [])).some((name) => name.includes('.new-')),
  )
  end(kept.attempt)
  await kept.attempt.closed()
  expect(kept.attempt.collector.exits).toMatchObject([
    {
      exitCode: null,
      endedBy,
      error: 'The script was not started: it was ended while its bundle was being fetched and unpacked.',
    },
  ])
  expect(kept.attempt.collector.text()).toBe('')
})

test('a store that is never there is given up in words', async () => {
  const kept = await fetching({ artifacts: { ...LIMITS, uploadSeconds: 1 } })
  kept.proxy.turn('cut')
  await kept.attempt.launch()
  await kept.attempt.closed()
  expect(kept.attempt.collector.exits[0]?.error).toMatch(
    /^The script could not be started: the bundle could not be fetched from 127\.0\.0\.1:\d+ \(/,
  )
})

test.each([
  ['inside', 'missing.py'],
  ['outside', '../../supervisor.log'],
])('an entry that is not there (%s) is named', async (_, entry) => {
  const kept = await fetching({ entry })
  await kept.attempt.launch()
  await kept.attempt.closed()
  expect(kept.attempt.collector.exits[0]?.error).toBe(`The script could not be started: the bundle has no ${entry}`)
})

test('a fetch that was killed in the middle leaves nothing that a later one takes for whole', async () => {
  const kept = await fetching({ cacheKey: 'org_1' })
  kept.proxy.play('stall_in_answer')
  await kept.attempt.launch()
  const cache = cacheOf(kept.attempt)
  const staged = async () => {
    const name = (await readdir(cache).catch(() => [])).find((entry) => entry.includes('.new-'))
    return name ? (await stat(join(cache, name))).size : 0
  }
  await until('some of it', async () => (await staged()) > 1_000_000)
  for (const { pid } of await processesOf(kept.attempt.tmp, kept.attempt.processId)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it went with its parent
    }
  }
  await until(
    'an empty machine',
    async () => (await processesOf(kept.attempt.tmp, kept.attempt.processId)).length === 0,
  )
  const later = await fetching({ cacheKey: 'org_1' })
  await kept.attempt.launchBeside(later.attempt)
  await expectRan(later)
  expect((await readdir(cache)).sort()).toEqual([`${SHA256}.zip`, `${SHA256.slice(0, 2)}.lock`].sort())
})
