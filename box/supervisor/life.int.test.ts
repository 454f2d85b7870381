import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { until } from './testing/processes'

test('a script runs, every byte of its output arrives, and the box is left as it was', async () => {
  const attempt = await Attempt.start(
    [
      'import os, sys',
      'print("hello", sys.argv[1:], os.environ["COLOUR"])',
      'sys.stderr.write("on stderr\\r\\n")',
      'sys.stdout.buffer.write(bytes(range(256)))',
    ].join('\n'),
    { args: ['a', '', 'ü'], env: { COLOUR: 'grün', LAGER_OUTPUT_CHANNEL: '/nowhere' } },
  )
  const { collector } = attempt
  await attempt.closed()

  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  expect(collector.bytes(1)).toEqual(Buffer.concat([Buffer.from("hello ['a', '', 'ü'] grün\n"), allBytes]))
  expect(collector.text(2)).toBe('on stderr\r\n')
  expect(collector.lines.map((line) => line.n)).toEqual(collector.lines.map((_, i) => i + 1))
  expect(collector.exits).toMatchObject([{ exitCode: 0, signal: null, endedBy: 'script' }])
  expect(collector.dones).toEqual([{ lastN: collector.lines.length, leftovers: [] }])
  expect(await readdir(attempt.tmp)).toEqual([])
})

test.each([
  ['raise SystemExit(7)', { exitCode: 7, signal: null, endedBy: 'script' }],
  ['import os; os.kill(os.getpid(), 11)', { exitCode: null, signal: 'SIGSEGV', endedBy: 'script' }],
  ['import os; os.kill(os.getpid(), 9)', { exitCode: null, signal: 'SIGKILL', endedBy: 'outside' }],
  ['1 / 0', { exitCode: 1, signal: null, endedBy: 'script' }],
])('how it ended is told as it was: %s', async (script, exit) => {
  const attempt = await Attempt.start(script)
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([exit])
})

test('the script finds the environment, directory, descriptors and signals that it was promised', async () => {
  const attempt = await Attempt.start(
    [
      'import json, os, signal, sys',
      'ignored = [s.name for s in signal.Signals if signal.getsignal(s) == signal.SIG_IGN]',
      'print(json.dumps({"cwd": os.getcwd(), "path0": sys.path[0], "env": dict(os.environ), "ignored": ignored,',
      '  "fds": sorted(os.listdir("/proc/self/fd")), "stdin": os.readlink("/proc/self/fd/0"),',
      '  "files": os.listdir(), "artifacts": os.listdir(os.environ["STOUT_ARTIFACTS"]), "leader": os.getsid(0) == os.getpid()}))',
    ].join('\n'),
    { env: { PATH: '/job/bin' } },
  )
  await attempt.closed()
  const found = JSON.parse(attempt.collector.text())
  expect(found.cwd).toBe(found.path0)
  expect(found.files).toEqual(['main.py'])
  expect(found.artifacts).toEqual([])
  expect(found.stdin).toBe('/dev/null')
  expect(found.fds.length).toBe(4) // 0, 1, 2 and the one that listdir opened
  expect(found.leader).toBe(true)
  expect(found.ignored.filter((name: string) => !['SIGPIPE', 'SIGXFSZ'].includes(name))).toEqual([]) // Python's own
  expect(found.env).toMatchObject({
    PATH: '/job/bin',
    LAGER_BOX_ID: 'bench-7',
    LAGER_PROCESS_ID: attempt.processId,
    STOUT_JOB_ID: attempt.collector.jobId,
    STOUT_ATTEMPT: '1',
    PYTHONUNBUFFERED: '1',
  })
  expect(found.env.STOUT_LAUNCH).toBeUndefined()
})

test('an unfinished line is shown without waiting for its end, and joins it without a seam', async () => {
  const attempt = await Attempt.start(
    'import sys\nsys.stdout.write("voltage? ")\nimport os, time\nwhile not os.path.exists("go"): time.sleep(.01)\nprint("3.3")',
  )
  await until('the unfinished line', () => attempt.collector.lines.length > 0)
  expect(attempt.collector.lines).toMatchObject([{ partial: true, bytes: Buffer.from('voltage? ') }])
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(attempt.collector.text()).toBe('voltage? 3.3\n')
})

test('records of the output channel become one line each; what is no record is kept and marked', async () => {
  const attempt = await Attempt.start(
    [
      'import os',
      'with open(os.environ["LAGER_OUTPUT_CHANNEL"], "ab", buffering=0) as channel:',
      '    channel.write(b\'3 13 {"a": [1, 2]}\')',
      '    channel.write(b"1 5 \\x00raw\\xff" + b"4 11 a:\\n- 1\\n- 2\\n")',
      '    channel.write(b"2 4 \\x80\\x04N." + b"3 2 {]" + b"3 30 cut")',
    ].join('\n'),
  )
  await attempt.closed()
  const records = attempt.collector.lines.filter((line) => line.stream === 3)
  expect(records.filter((line) => !line.torn).map((line) => JSON.parse(line.bytes.toString()))).toEqual([
    { encoding: 'json', value: { a: [1, 2] } },
    { encoding: 'raw', value: Buffer.from('\0raw\xff', 'latin1').toString('base64') },
    { encoding: 'yaml', value: 'a:\n- 1\n- 2\n' },
    { encoding: 'pickle', value: { sizeBytes: 4 } },
  ])
  expect(records.filter((line) => line.torn).map((line) => line.bytes.toString())).toEqual(['3 2 {]', '3 30 cut'])
})

test('times are the control plane’s, whatever the clock of the box says', async () => {
  const attempt = await Attempt.start('print("x")', { launch: false })
  const ahead = 3_600_000
  attempt.collector.clock = () => new Date(Date.now() + ahead)
  const before = Date.now() + ahead
  await attempt.launch()
  await attempt.closed()
  const at = (attempt.collector.lines[0]?.at ?? 0) / 1000
  expect(at).toBeGreaterThan(before - 1)
  expect(at).toBeLessThan(Date.now() + ahead + 1)
})
