import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testBox } from './testing/box'
import { script, startRun } from './testing/client'
import { exitCodeOf } from './testing/frames'
import { eventually } from './testing/poll'

/** More than the box's queue (2 MiB) and the kernel's buffers on both sides hold. */
const WRITTEN_BYTES = 8 * 1024 * 1024
const WRITES = `import os, sys, time
for i in range(${WRITTEN_BYTES / 1024}): sys.stdout.buffer.write(b"x" * 1024)
sys.stdout.flush()
`
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test('a client that stops reading loses chunks, without a mark; the script is not stalled for ever', async () => {
  await using box = await testBox({}, { timings: { slowReaderMs: 1 } })
  const [written, go] = [join(box.stateRoot, 'written'), join(box.stateRoot, 'go')]
  const waits = `open("${written}", "w")\nwhile not os.path.exists("${go}"): time.sleep(0.01)`
  using stream = await startRun(box.pythonUrl, [script(WRITES + waits)])
  await stream.untilPrinted('x')
  stream.socket.pause()
  await eventually(() => exists(written))
  stream.socket.resume()
  await writeFile(go, '')
  await stream.untilEnd()
  const length = stream.payload('1').length
  expect(length).toBeGreaterThan(2 * 1024 * 1024)
  expect(length).toBeLessThan(WRITTEN_BYTES)
  expect(exitCodeOf(stream.frames)).toBe(0)
})

test('when even the end finds no room there is no exit frame, and the stream stays open with keepalives', async () => {
  await using box = await testBox({}, { timings: { slowReaderMs: 1, keepaliveMs: 300 } })
  using stream = await startRun(box.pythonUrl, [script(WRITES)])
  await stream.untilPrinted('x')
  stream.socket.pause()
  await eventually(() => box.log.some(({ msg }) => msg === 'client too slow for the end of its stream'))
  stream.socket.resume()
  await stream.until(() => stream.received.subarray(-8).toString() === '0 0 0 0 ')
  expect(stream.frames.some(({ fileno }) => fileno === '-')).toBe(false)
  expect(stream.ended).toBe(false)
})
