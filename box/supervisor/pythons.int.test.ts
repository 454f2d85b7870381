import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Attempt, run } from './testing/attempt'
import { wheel, zip } from './testing/bundle'
import { processesOf, until } from './testing/processes'
import { pythonsHere } from './testing/pythons'
import { kill, reap } from './testing/reap'

const TESTING = join(import.meta.dirname, 'testing')
/** Files here are in memory: what these tests write on one Python's behalf is not about the disk. */
const QUICK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const [usual, ...others] = await pythonsHere()

/** Writes lines to all streams, leaves a daemon behind, and heeds no SIGTERM. */
const BUSY = [
  'import os, signal, subprocess, sys, time',
  'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
  'subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)',
  'for i in range(20000): print("line", i)',
  'sys.stderr.write("%d.%d.%d" % sys.version_info[:3])',
  'with open(os.environ["LAGER_OUTPUT_CHANNEL"], "wb", buffering=0) as channel: channel.write(b"3 7 {\\"a\\":1}")',
  'sys.stdout.flush()',
  'while True: time.sleep(1)',
].join('\n')
const LINES = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('')

const USING = zip({
  'main.py': 'import greeting\nprint(greeting.WORD)',
  'requirements.txt': '--no-index\n--find-links wheels\ngreeting==1.0\n',
  ...wheel('greeting', '1.0', 'WORD = "hello"\n'),
})

// What all tests try on one Python, in essence on each other one that is there.
test(`the Python of all tests is ${usual?.version}; others here: ${others.map(({ version }) => version).join(', ') || 'none'}`, () =>
  expect(usual?.version).toMatch(/^3\.\d+\.\d+$/))

describe.each(others)('on Python $version', ({ version, path }) => {
  test.each(['test_bundle.py', 'test_mask.py', 'test_records.py', 'test_collect.py'])('%s', async (file) => {
    const ended = await run(path, [file], { cwd: TESTING, env: { PATH: process.env.PATH ?? '', TMPDIR: QUICK } })
    expect(ended.code, ended.output).toBe(0)
    expect(ended.output).toContain('OK')
  })

  test('a claim is asked again, every line arrives, a script that heeds nothing is ended with its daemon', async () => {
    const attempt = await Attempt.start(BUSY, { python: path, launch: false, secrets: { TOKEN: 'a long secret' } })
    const { collector } = attempt
    collector.mischief = (what, nth) => (nth === 1 && ['/claim', '/log'].includes(what) ? 'cut_after' : undefined)
    expect(await attempt.launch()).toEqual({ code: 0, output: '' })
    await until('its output', () => collector.lines.some(({ stream }) => stream === 3) && collector.text(2) !== '')
    collector.control({ cancel: { reason: 'enough' } })
    await attempt.closed()
    expect(collector.claims.length).toBe(2)
    expect(collector.text()).toBe(LINES)
    expect(collector.text(2)).toBe(version)
    expect(collector.text(3)).toBe('{"encoding": "json", "value": {"a": 1}}\n')
    expect(collector.exits).toMatchObject([{ signal: 'SIGKILL', endedBy: 'cancel' }])
    expect(await processesOf(attempt.tmp, attempt.processId)).toEqual([])
    expect(await readdir(attempt.tmp)).toEqual([])
  })

  test('dependencies are installed and found', async () => {
    const attempt = await Attempt.start('', { python: path, bundle: USING })
    await attempt.closed()
    expect(attempt.collector.text(), attempt.collector.text(2)).toBe('hello\n')
    expect(attempt.collector.phases.map(({ event }) => event)).toEqual([
      'dependencies_installing',
      'dependencies_installed',
    ])
  })

  test('what supervisor and guard leave when they are killed is reaped', async () => {
    const attempt = await Attempt.start(BUSY, { python: path, graceSeconds: 3600 })
    await until('its output', () => attempt.collector.text(2) === version)
    await kill(attempt, 'stout-super', 'stout-guard')
    expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', quiet: true, told: true })
    expect(attempt.collector.text()).toBe(LINES)
    expect(await readdir(attempt.tmp)).toEqual([])
  })
})
