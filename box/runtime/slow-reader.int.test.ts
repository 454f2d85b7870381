import { expect, test } from 'vitest'
import { testBox } from './testing/box'
import { script, startRun } from './testing/client'
import { exitCodeOf } from './testing/frames'
import { eventually } from './testing/poll'
import { access } from 'node:fs/promises'
import { join } from 'node:path'

const MEBIBYTES = 30

test('a client that stops reading loses chunks, without a mark; the script is not stalled for ever', async () => {
  await using box = await testBox({}, { timings: { slowReaderMs: 1 } })
  const mark = join(box.stateRoot, 'written')
  const source = `import sys
for i in range(${MEBIBYTES * 1024}): sys.stdout.buffer.write(b"x" * 1024)
sys.stdout.flush()
open(${JSON.stringify(mark)}, "w")
import time; time.sleep(600)`
  using stream = await startRun(box.pythonUrl, [script(source)])
  await stream.untilPrinted('x')
  stream.socket.pause()
  await eventually(() => access(mark).then(() => true, () => false))
  stream.socket.resume()
  await stream.until(() => stream.frames.at(-1)?.payload.length === 1024)
  const length = stream.payload('1').length
  expect(length).toBeGreaterThan(2 * 1024 * 1024)
  expect(length).toBeLessThan(MEBIBYTES * 1024 * 1024)
})

test('when even the end finds no room there is no exit frame, and the stream stays open with keepalives', async () => {
  await using box = await testBox({}, { timings: { slowReaderMs: 1, keepaliveMs: 200 } })
  const source = `import sys
for i in range(${MEBIBYTES * 1024}): sys.stdout.buffer.write(b"x" * 1024)`
  using stream = await startRun(box.pythonUrl, [script(source)])
  await stream.untilPrinted('x')
  stream.socket.pause()
  // The script is gone when its file is: nothing else tells from outside, for the stream can't.
  const { readdir } = await import('node:fs/promises')
  const children = async () => (await readdir(box.tmp)).length
  expect(await children()).toBeGreaterThan(0)
  await eventually(async () => box.log.some(({ msg }) => msg === 'client too slow for the end of its stream'))
  stream.socket.resume()
  await stream.until(() => stream.frames.filter(({ fileno }) => fileno === '0').length >= 2 && stream.frames.at(-1)?.fileno === '0')
  expect(exitCodeOf(stream.frames)).toBeUndefined()
  expect(stream.ended).toBe(false)
})
