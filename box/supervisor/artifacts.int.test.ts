import { createHash } from 'node:crypto'
import { appendFileSync, openSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Attempt, PYTHON, run } from './testing/attempt'
import { zip } from './testing/bundle'
import { type Keeping, keeping } from './testing/keeping'
import { processesOf, until } from './testing/processes'

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const said = ({ desk }: Keeping) =>
  Object.fromEntries(desk.unsent.map(({ path, state, why }) => [path, `${state}: ${why}`]))

async function through(kept: Keeping): Promise<Keeping> {
  await kept.attempt.launch()
  await kept.attempt.closed()
  return kept
}

test('what is collected, under which names, and what is said of the rest', async () => {
  const env = { PATH: process.env.PATH ?? '' }
  const ended = await run(PYTHON, ['test_collect.py'], { cwd: join(import.meta.dirname, 'testing'), env })
  expect(ended.code, ended.output).toBe(0)
  expect(ended.output).toContain('OK')
})

test('files of all sorts arrive as they are, before done', async () => {
  const { desk, collector } = await through(
    await keeping(
      [
        'os.makedirs("a/b/c"); os.mkdir("nothing")',
        'open("a/b/c/deep.txt", "w").write("deep")',
        'open("empty", "w")',
        'open("größe ☃ & %41+.txt", "w").write("odd")',
        'open("big.bin", "wb").write(bytes(range(256)) * 4096)',
      ].join('\n'),
    ),
  )
  expect(desk.paths).toEqual(['a/b/c/deep.txt', 'big.bin', 'empty', 'größe ☃ & %41+.txt'])
  expect(desk.unsent).toEqual([])
  expect(await desk.text('a/b/c/deep.txt')).toBe('deep')
  expect(await desk.text('empty')).toBe('')
  expect(await desk.text('größe ☃ & %41+.txt')).toBe('odd')
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const big = Buffer.concat(Array.from({ length: 4096 }, () => bytes))
  expect(desk.kept.get('big.bin')).toMatchObject({ sizeBytes: big.length, source: 'artifacts' })
  expect(await desk.sha256('big.bin')).toBe(sha256(big))
  const order = collector.requests.map(({ what }) => what).filter((what) => what !== 'POST /log')
  expect(order.indexOf('POST /exit')).toBeLessThan(order.indexOf('POST /uploads'))
  expect(order.at(-1)).toBe('POST /done')
})

test('what is not sent is told with the reason, and no secret stands in it', async () => {
  const kept = await through(
    await keeping(
      [
        'os.mkfifo("fifo"); os.symlink("/etc/passwd", "out"); os.symlink("hunter22.txt", "in"); os.symlink("loop", "loop")',
        'for name in ("hunter22.txt", "hunter22.too-large"): open(name, "w").write(name)',
        'open(b"la\\xfftin", "w").write("not UTF-8")',
      ].join('\n'),
      { maxFileBytes: 15, order: { secrets: { PASSWORD: 'hunter22' } } },
    ),
  )
  expect(kept.desk.paths).toEqual(['***.txt', 'in', 'la\\xfftin'])
  expect(await kept.desk.text('in')).toBe('hunter22.txt')
  expect(said(kept)).toEqual({
    fifo: 'skipped: it is a FIFO',
    '***.too-large': 'skipped: it is larger than 15 bytes',
    loop: 'skipped: it is a link that leads to itself',
    out: 'skipped: it is a link that leads out of the folder',
  })
})

test('globs and Lager’s folders are collected too, the job’s own files where a glob says so', async () => {
  const main = [
    'import os',
    'for path in ("out/a/1.bin", "out/2.bin", "out/3.txt", os.path.join(os.environ["TMPDIR"], "lager-output/new.csv")):',
    '    os.makedirs(os.path.dirname(path), exist_ok=True)',
    '    open(path, "w").write(path[-5:])',
  ].join('\n')
  const bundle = zip({ 'main.py': main, 'data/given.bin': 'given' })
  const kept = await keeping('', { globs: ['**/*.bin'], lagerOutput: true, order: { bundle } })
  await mkdir(join(kept.attempt.tmp, 'lager-output'))
  await writeFile(join(kept.attempt.tmp, 'lager-output/old.csv'), 'old')
  await through(kept)
  expect(kept.desk.uploaded.map(({ path, source }) => [path, source])).toEqual([
    ['data/given.bin', 'glob'],
    ['lager-output/new.csv', 'lager'],
    ['out/2.bin', 'glob'],
    ['out/a/1.bin', 'glob'],
  ])
  expect(await kept.desk.text('out/a/1.bin')).toBe('1.bin')
  expect(kept.desk.unsent).toEqual([])
})

const LEAVES_ONE = 'open("left.txt", "w").write("left"); print("up", flush=True)\n'

test.each([
  ['a failure', 'sys.exit(3)', {}, () => undefined, { exitCode: 3, endedBy: 'script' }],
  ['a crash', 'os.kill(os.getpid(), 11)', {}, () => undefined, { signal: 'SIGSEGV', endedBy: 'script' }],
  ['a kill', 'os.kill(os.getpid(), 9)', {}, () => undefined, { signal: 'SIGKILL', endedBy: 'outside' }],
  ['silence', 'time.sleep(600)', { noOutputTimeoutSeconds: 0.5 }, () => undefined, { endedBy: 'no_output' }],
  [
    'the deadline',
    'time.sleep(600)',
    {},
    ({ collector }: Attempt) => collector.control({ remainingSeconds: 0 }),
    { endedBy: 'deadline' },
  ],
  [
    'a cancel',
    'time.sleep(600)',
    {},
    ({ collector }: Attempt) => collector.control({ cancel: { reason: 'enough' } }),
    { endedBy: 'cancel' },
  ],
])('files are kept after %s', async (_, ending, order, act, exit) => {
  const { attempt, desk, collector } = await keeping(LEAVES_ONE + ending, { order })
  await attempt.launch()
  await until('the script', () => collector.text().includes('up'))
  act(attempt)
  await attempt.closed()
  expect(collector.exits).toMatchObject([exit])
  expect(await desk.text('left.txt')).toBe('left')
})

test('a script that was not started has no files', async () => {
  const { attempt, desk, collector } = await keeping(LEAVES_ONE)
  collector.control({ cancel: { reason: 'not needed' } })
  await attempt.launch()
  await attempt.closed()
  expect([desk.kept.size, desk.unsent.length]).toEqual([0, 0])
})

test('1,000 small files arrive, announced and confirmed in batches', async () => {
  const { desk, collector } = await through(
    await keeping('for i in range(1000): open("f%04d" % i, "w").write("content %d" % i)'),
  )
  expect(desk.uploaded.length).toBe(1000)
  const all = desk.uploaded.map((file, i) => file.sha256 === sha256(`content ${i}`))
  expect(all.every(Boolean)).toBe(true)
  expect(Math.max(...desk.batches)).toBeLessThanOrEqual(100)
  const confirmations = collector.requests.filter(({ what }) => what === 'POST /uploaded').length
  expect(desk.batches.length).toBeLessThan(50)
  expect(confirmations).toBeLessThan(1000)
  expect(await desk.text('f0999')).toBe('content 999')
})

test('a large file goes in parts', async () => {
  const script = 'import random\nopen("big", "wb").write(random.Random(1).randbytes(10_500_000))'
  const { desk } = await through(await keeping(script, { partBytes: 1_000_000 }))
  const [file] = desk.uploaded
  expect(file?.partSha256?.length).toBe(11)
  expect(await desk.sha256('big')).toBe(file?.sha256)
  expect((await desk.bytes('big')).length).toBe(10_500_000)
})

test('a file larger than memory is sent below 40 MB of it', async () => {
  const kept = await keeping('open("big", "wb").truncate(200 << 20)')
  await kept.attempt.launch()
  const find = async () =>
    (await processesOf(kept.attempt.tmp, kept.attempt.processId)).find(({ comm }) => comm === 'stout-super')
  await until('the supervisor', async () => (await find()) !== undefined)
  const pid = (await find())?.pid
  let peak = 0
  await until('the end', async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    return kept.collector.dones.length > 0
  })
  expect(kept.desk.uploaded).toMatchObject([{ path: 'big', sizeBytes: 200 << 20 }])
  expect(peak).toBeLessThan(40_000)
})

/** Changes a file of the job from outside whenever it is announced: `times` times. */
function changeWhenAnnounced(kept: Keeping, times: number, change: (path: string) => void): void {
  let left = times
  kept.desk.announced = async (file) => {
    if (file.path === 'x' && left-- > 0) change(join((await kept.attempt.directory()) ?? '', 'artifacts/x'))
  }
}

const TWO = 'open("x", "w").write("first"); open("y", "w").write("y")'

test.each([
  ['changes', (path: string) => writeFileSync(path, 'other')],
  ['shrinks', (path: string) => truncateSync(path, 2)],
  ['grows', (path: string) => appendFileSync(path, ' and more')],
])('a file that %s after it was announced is hashed and announced again', async (_, change) => {
  const kept = await keeping(TWO)
  changeWhenAnnounced(kept, 1, change)
  await through(kept)
  expect(kept.desk.paths).toEqual(['x', 'y'])
  const now = await kept.desk.text('x')
  expect(['other', 'fi', 'first and more']).toContain(now)
  expect(kept.desk.kept.get('x')).toMatchObject({ sha256: sha256(now), sizeBytes: now.length })
})

test('a file that goes on changing, and one that is deleted meanwhile, are failures', async () => {
  const kept = await keeping(TWO)
  changeWhenAnnounced(kept, 100, (path) => appendFileSync(path, '.'))
  await through(kept)
  expect(kept.desk.paths).toEqual(['y'])
  expect(said(kept)).toEqual({ x: 'failed: it kept changing while it was to be uploaded' })

  const gone = await keeping(TWO)
  changeWhenAnnounced(gone, 1, (path) => unlinkSync(path))
  await through(gone)
  expect(gone.desk.paths).toEqual(['y'])
  expect(said(gone)).toEqual({ x: 'failed: it was deleted before it was uploaded' })
})

test('a log that somebody goes on writing is noticed while it is hashed', async () => {
  const kept = await keeping('open("x", "wb").truncate(100 << 20); open("y", "w").write("y"); print("up", flush=True)')
  await kept.attempt.launch()
  await until('its files', () => kept.collector.text().includes('up'))
  const path = join((await kept.attempt.directory()) ?? '', 'artifacts/x')
  const file = openSync(path, 'a')
  const writing = setInterval(() => writeSync(file, 'x'), 5)
  onTestFinished(() => clearInterval(writing))
  await until('the end', () => kept.collector.dones.length > 0)
  clearInterval(writing)
  expect(kept.desk.paths).toEqual(['y'])
  expect(said(kept)).toEqual({ x: 'failed: it kept changing while it was to be uploaded' })
})

test('a file that the server does not take fails alone', async () => {
  const kept = await keeping('for i in range(9): open("f%d" % i, "w").write("x")')
  kept.desk.refuses = (path) => path === 'f4'
  await through(kept)
  expect(kept.desk.paths).toEqual(['f0', 'f1', 'f2', 'f3', 'f5', 'f6', 'f7', 'f8'])
  expect(said(kept)).toEqual({ f4: expect.stringMatching(/^failed: the server does not take it \(400/) })
})
