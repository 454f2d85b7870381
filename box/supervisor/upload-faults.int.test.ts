import { expect, onTestFinished, test } from 'vitest'
import { aStoreProcess } from '../../embedded/object-store/testing/store'
import type { Proxy as Way } from '../../worker/testing/proxy'
import type { Mischief } from './testing/collector'
import { type Keeping, keeping, keepingThroughProxy } from './testing/keeping'
import { processesOf, until } from './testing/processes'
import { CAN_MOUNT, onSmallDisk } from './testing/small-disk'

const said = ({ desk }: Keeping) =>
  Object.fromEntries(desk.unsent.map(({ path, state, why }) => [path, `${state}: ${why}`]))

/** Leaves files that take the store a while: eight of 8 MB, in parts of 1 MB. */
const EIGHT = [
  'import random',
  'block = random.Random(1).randbytes(1 << 20)',
  'for i in range(8):',
  '    with open("f%d" % i, "wb") as file:',
  '        for n in range(8): file.write(b"%04d" % (i * 8 + n) + block[4:])',
].join('\n')
const IN_PARTS = { partBytes: 1 << 20 }
const NAMES = Array.from({ length: 8 }, (_, i) => `f${i}`)
const ONE = 'open("x", "wb").write(b"0123456789" * 2_000_000)'

/** Every file is in the store as it was announced. */
async function expectAllThere({ desk, attempt }: Keeping, names: string[]): Promise<void> {
  await attempt.closed()
  expect(desk.paths).toEqual(names)
  expect(desk.unsent).toEqual([])
  for (const { path, sha256 } of desk.uploaded) expect(await desk.sha256(path)).toBe(sha256)
}

test('the store is killed in mid-upload and comes back: every file arrives', async () => {
  const store = await aStoreProcess()
  onTestFinished(() => store[Symbol.asyncDispose]())
  const kept = await keeping(EIGHT, { store }) // it takes no parts below 5 MiB: the files go whole
  let killed: Promise<void> | undefined
  kept.desk.doubts = () => {
    killed ??= store.kill() // when the first one is confirmed, others are on their way
    return undefined
  }
  await kept.attempt.launch()
  await until('trouble', async () => (await kept.attempt.supervisorLog()).includes('trying again'))
  await killed
  await store.start()
  await expectAllThere(kept, NAMES)
})

test('connections to the store are cut, again and again: every file arrives', async () => {
  const kept = await keepingThroughProxy(EIGHT, IN_PARTS)
  const cutting = setInterval(() => {
    kept.proxy.turn('cut')
    kept.proxy.turn('up')
  }, 20)
  onTestFinished(() => clearInterval(cutting))
  await kept.attempt.launch()
  await until('trouble', async () => (await kept.attempt.supervisorLog()).split('trying again').length > 2)
  clearInterval(cutting)
  await expectAllThere(kept, NAMES)
})

test.each(['dead', 'dripping'] as const)(
  'a connection that is %s is noticed by its rate, and another one tried',
  async (line) => {
    const kept = await keepingThroughProxy(ONE, { stallSeconds: 1 })
    kept.proxy.turn(line)
    await kept.attempt.launch()
    await until('it is noticed', async () => (await kept.attempt.supervisorLog()).includes('stood still'))
    kept.proxy.turn('up')
    await expectAllThere(kept, ['x'])
    if (line === 'dripping')
      expect(kept.desk.progress[0]).toMatchObject({ [kept.desk.kept.get('x')?.artifactId ?? '']: expect.any(Number) })
  },
)

test('a URL that the store refuses is asked for anew', async () => {
  const kept = await keeping(EIGHT, IN_PARTS)
  let spoiled = 0
  kept.desk.url = (url) => (++spoiled > 64 ? url : url.replace(/Signature=./, 'Signature=x')) // all that it got first
  await kept.attempt.launch()
  await expectAllThere(kept, NAMES)
})

test('what the store turns out not to have is sent again', async () => {
  const kept = await keeping(EIGHT, IN_PARTS)
  const doubted = new Set<string>()
  kept.desk.doubts = ({ path }) =>
    doubted.size < 8 && !doubted.has(path) && doubted.add(path) ? 'it is not there' : undefined
  await kept.attempt.launch()
  await expectAllThere(kept, NAMES)
  expect(doubted.size).toBe(8)
})

const ABOUT_FILES = ['/uploads', '/uploaded', '/skipped', '/progress']

test.each<[string, (path: string, nth: number) => Mischief]>([
  ['errors', (path, nth) => (ABOUT_FILES.includes(path) && nth <= 5 ? 503 : undefined)],
  ['lost answers', (path, nth) => (ABOUT_FILES.includes(path) && nth % 2 === 1 ? 'cut_after' : undefined)],
  ['cut connections', (path, nth) => (ABOUT_FILES.includes(path) && nth % 2 === 1 ? 'cut_before' : undefined)],
])('%s of the box API fail no file, however short the upload limit', async (_, mischief) => {
  const kept = await keeping(`${EIGHT}\nos.mkfifo("fifo")`, { ...IN_PARTS, uploadSeconds: 1 })
  kept.collector.mischief = mischief
  await kept.attempt.launch()
  await kept.attempt.closed()
  expect(kept.desk.paths).toEqual(NAMES)
  expect(said(kept)).toEqual({ fifo: 'skipped: it is a FIFO' })
})

/** Of the four connections to the store the last two are accepted, and nothing is heard from them. */
function holdHalf(proxy: Way): void {
  let connections = 0
  proxy.play('hold', () => ++connections > 2)
}

test('without any progress for the upload limit the rest is told as failed, and the attempt closes', async () => {
  const kept = await keepingThroughProxy(EIGHT, { ...IN_PARTS, uploadSeconds: 1 })
  holdHalf(kept.proxy)
  await kept.attempt.launch()
  await kept.attempt.closed()
  const why = 'failed: the upload made no progress for 1 s'
  expect(Object.keys(said(kept)).length).toBeGreaterThan(0)
  for (const words of Object.values(said(kept))) expect(words).toBe(why)
  expect([...kept.desk.paths, ...Object.keys(said(kept))].sort()).toEqual(NAMES)
})

test('a stop ends the uploads at once: the rest is told as failed', async () => {
  const kept = await keepingThroughProxy(EIGHT, IN_PARTS)
  holdHalf(kept.proxy)
  await kept.attempt.launch()
  await until('only what is held is left', () => kept.desk.uploaded.length >= 6)
  kept.collector.control({ stop: { reason: 'the box is needed' } })
  await kept.attempt.closed()
  for (const words of Object.values(said(kept)))
    expect(words).toBe('failed: the uploads were stopped (the box is needed)')
  expect([...kept.desk.paths, ...Object.keys(said(kept))].sort()).toEqual(NAMES)
  expect(kept.collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
})

test.each(['/uploads', '/uploaded'])(
  'an attempt that is gone (410 to %s): the supervisor leaves nothing',
  async (which) => {
    const kept = await keeping(EIGHT, IN_PARTS)
    kept.collector.mischief = (path) => (path === which ? 410 : undefined)
    await kept.attempt.launch()
    const { tmp, processId } = kept.attempt
    await until('it is asked', () => kept.collector.requests.some(({ what }) => what === `POST ${which}`))
    await until('an empty machine', async () => (await processesOf(tmp, processId)).length === 0)
    await until('an empty box', async () => (await kept.attempt.directory()) === undefined)
    expect([kept.desk.unsent, kept.collector.dones]).toEqual([[], []])
  },
)

test.skipIf(!CAN_MOUNT)('the script fills the disk with its files: they are sent', async () => {
  const script = [
    'file = open("x", "wb", buffering=0)',
    'try:',
    '    while True: file.write(bytes(65536))',
    'except OSError as problem: print(problem.strerror)',
  ].join('\n')
  const kept = await keeping(script)
  const { disk } = await onSmallDisk(kept.attempt, '8m')
  await kept.attempt.launch()
  await until('done', () => kept.collector.dones.length > 0)
  expect(kept.collector.text()).toBe('No space left on device\n')
  expect(kept.desk.paths).toEqual(['x'])
  expect(kept.desk.unsent).toEqual([])
  expect(kept.desk.kept.get('x')?.sizeBytes).toBeGreaterThan(6_000_000)
  await until('its end', async () => (await processesOf(disk, kept.attempt.processId)).length === 0)
})
