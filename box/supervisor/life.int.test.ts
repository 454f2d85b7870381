import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'

test('a script runs, every byte of its output arrives, and the box is left as it was', async () => {
  await using attempt = await Attempt.start(
    [
      'import os, sys',
      'print("hello", sys.argv[1:], os.environ["COLOUR"])',
      'sys.stderr.write("on stderr\\r\\n")',
      'sys.stdout.buffer.write(bytes(range(256)))',
    ].join('\n'),
    { args: ['a', '', 'ü'], env: { COLOUR: 'grün' } },
  )
  const { collector } = attempt
  await attempt.closed()

  const expected = Buffer.concat([
    Buffer.from("hello ['a', '', 'ü'] grün\n"),
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  ])
  expect(collector.bytes(1)).toEqual(expected)
  expect(collector.text(2)).toBe('on stderr\r\n')
  expect(collector.lines.map((line) => line.n)).toEqual(collector.lines.map((_, i) => i + 1))
  expect(collector.exits).toMatchObject([{ exitCode: 0, signal: null, endedBy: 'script' }])
  expect(collector.dones).toEqual([{ lastN: collector.lines.length, leftovers: [] }])
})
