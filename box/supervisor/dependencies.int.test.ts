import { execFileSync } from 'node:child_process'
import { mkdir, readdir, realpath, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt, PYTHON, PYTHON_WITH_PIP, run } from './testing/attempt'
import { wheel, zip } from './testing/bundle'
import { processesOf, until } from './testing/processes'

const USE = 'import greeting\nprint(greeting.WORD, greeting.__file__)'
const LOCAL = '--no-index\n--find-links wheels\ngreeting==1.0\n'
const GREETING = wheel('greeting', '1.0', 'WORD = "hello"\n')
const USING = zip({ 'main.py': USE, 'requirements.txt': LOCAL, ...GREETING })

/** A wheel of a package whose build waits until the job's directory has a file `go`; pip says so before. */
const SLOW_SETUP = `
import os, sys, time
sys.stderr.write("building\\n")
open(os.path.join(os.environ["BUILDS"], "building"), "a").write("x")
while not os.path.exists(os.path.join(os.environ["BUILDS"], "go")): time.sleep(.01)
raise SystemExit("not today")
`
const SLOW = zip({
  'main.py': 'print("ran")',
  'requirements.txt': '--no-index\n./slow\n',
  // A build backend within the package itself: pip needs no setuptools for it.
  'slow/pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  'slow/backend.py': SLOW_SETUP,
})

const pipTest = test.skipIf(PYTHON_WITH_PIP === undefined)
const python = PYTHON_WITH_PIP ?? PYTHON

const installing = (attempt: Attempt) =>
  until('the build', async () => (await readdir(attempt.tmp)).includes('building'))

test('bundles and dependencies are refused in words', async () => {
  const env = { PATH: process.env.PATH ?? '' }
  const ended = await run(PYTHON, ['test_bundle.py'], { cwd: join(import.meta.dirname, 'testing'), env })
  expect(ended.code, ended.output).toBe(0)
  expect(ended.output).toContain('OK')
})

test('a bundle is unpacked with its folders and modes, and its main.py runs', async () => {
  const bundle = zip({
    'main.py':
      'import subprocess, sys\nfrom pkg import inner\nprint(inner.X, *sys.argv[1:], flush=True)\nsubprocess.run(["./tool.sh"])',
    'pkg/inner.py': 'X = open("pkg/data.txt").read()',
    'pkg/data.txt': 'data',
    'tool.sh': '#!/bin/sh\necho tool\n',
  })
  const attempt = await Attempt.start('', { bundle, args: ['a b'] })
  await attempt.closed()
  expect(attempt.collector.text(2)).toBe('')
  expect(attempt.collector.text()).toBe('data a b\ntool\n')
})

test('a bundle that leads outside is not started, and nothing is there', async () => {
  const attempt = await Attempt.start('', { bundle: zip({ 'main.py': 'print("ran")', '../outside': 'x' }) })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([
    { exitCode: null, signal: null, error: expect.stringContaining("may lead outside of it: '../outside'") },
  ])
  expect(attempt.collector.lines).toEqual([])
  expect(await readdir(attempt.tmp)).toEqual([])
})

pipTest('requirements.txt is installed before the script, in the log, and the next attempt finds it done', async () => {
  const attempt = await Attempt.start('', { python, bundle: USING, cacheKey: 'org_1' })
  await attempt.closed()
  const cache = join(await realpath(attempt.tmp), 'stout-cache-org_1')
  const [entry] = (await readdir(cache)).filter((name) => /^py3\.\d+-[0-9a-f]{64}$/.test(name))
  expect(attempt.collector.text()).toBe(`hello ${cache}/${entry}/greeting.py\n`)
  expect(attempt.collector.text(2)).toContain('Successfully installed greeting-1.0')
  expect(attempt.collector.text(2)).toMatch(/\n\[stout\] installed dependencies in \d+\.\d s\n$/)
  const last = attempt.collector.lines.filter((line) => line.stream === 2).at(-1)
  expect(last?.n).toBeLessThan(attempt.collector.lines.find((line) => line.stream === 1)?.n ?? 0)
  expect((await stat(cache)).mode & 0o777).toBe(0o700)
  expect(attempt.collector.phases).toEqual([
    { event: 'dependencies_installing' },
    { event: 'dependencies_installed', durationMs: expect.any(Number), cached: false },
  ])

  const again = await Attempt.start('', { python, bundle: USING, cacheKey: 'org_1', launch: false })
  await attempt.launchBeside(again)
  await again.closed()
  expect(again.collector.text()).toBe(attempt.collector.text())
  expect(again.collector.text(2)).toMatch(/^\[stout\] dependencies were installed before \(py3\.\d+-.*\)\n$/)
  expect(again.collector.phases[1]).toMatchObject({ event: 'dependencies_installed', cached: true })
})

pipTest('two attempts at once install once, and both run', async () => {
  const first = await Attempt.start('', { python, bundle: USING, cacheKey: 'org_1', launch: false })
  const second = await Attempt.start('', { python, bundle: USING, cacheKey: 'org_1', launch: false })
  await Promise.all([first.launch(), first.launchBeside(second)])
  await Promise.all([first.closed(), second.closed()])
  for (const { collector } of [first, second]) expect(collector.text()).toMatch(/^hello /)
  const logs = first.collector.text(2) + second.collector.text(2)
  expect(logs.match(/\[stout\] installed dependencies/g)?.length).toBe(1)
  expect(logs.match(/\[stout\] dependencies were installed before/g)?.length).toBe(1)
})

pipTest(
  'without a cache key they are the attempt’s own and go with it; a cache that others may enter is not used',
  async () => {
    const attempt = await Attempt.start('', { python, bundle: USING })
    await attempt.closed()
    expect(attempt.collector.text()).toMatch(/^hello .*\/stout-job_[^/]*\/dependencies\/packages\/greeting\.py\n$/)
    expect(await readdir(attempt.tmp)).toEqual([])

    const doubtful = await Attempt.start('', { python, bundle: USING, cacheKey: 'org_1', launch: false })
    const elsewhere = join(doubtful.tmp, 'elsewhere')
    await mkdir(elsewhere)
    await symlink(elsewhere, join(doubtful.tmp, 'stout-cache-org_1'))
    await doubtful.launch()
    await doubtful.closed()
    expect(doubtful.collector.text()).toContain('/dependencies/packages/greeting.py')
    expect(doubtful.collector.text(2)).toContain('belongs to somebody else')
    expect(await readdir(elsewhere)).toEqual([])
  },
)

pipTest.each([
  [
    'a package that is not there',
    '--no-index\n--find-links wheels\nnothing-of-this-name\n',
    {},
    'nothing-of-this-name',
  ],
  ['no index', 'greeting\n', { PIP_INDEX_URL: 'http://127.0.0.1:9/simple' }, 'does not reach the package index'],
])('%s: the script is not started, and the exit says why', async (_, requirements, env, words) => {
  const bundle = zip({ 'main.py': 'print("ran")', 'requirements.txt': requirements, ...GREETING })
  const attempt = await Attempt.start('', { python, bundle, cacheKey: 'org_1', env })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ exitCode: null, signal: null, endedBy: 'script' }])
  expect(attempt.collector.exits[0]?.error).toMatch(/^The dependencies could not be installed: /)
  expect(attempt.collector.exits[0]?.error).toContain(words)
  expect(attempt.collector.phases).toEqual([
    { event: 'dependencies_installing' },
    { event: 'dependencies_failed', durationMs: expect.any(Number), error: expect.stringContaining(words) },
  ])
  expect(attempt.collector.text()).toBe('')
  expect(attempt.collector.text(2)).toContain('ERROR:')
  const left = await readdir(join(attempt.tmp, 'stout-cache-org_1'))
  expect(left.filter((name) => !name.endsWith('.lock') && name !== 'pip')).toEqual([])
})

test('a Python without pip is said so', async () => {
  const attempt = await Attempt.start('', { bundle: USING, launch: false })
  const venv = join(attempt.tmp, 'venv')
  execFileSync(PYTHON, ['-m', 'venv', '--without-pip', venv])
  await attempt.launch(join(venv, 'bin/python'))
  await attempt.closed()
  expect(attempt.collector.exits[0]?.error).toMatch(
    /^The dependencies could not be installed: .* has no pip\. Install it/,
  )
})

pipTest.each([
  ['a cancel', 'cancel', (attempt: Attempt) => attempt.collector.control({ cancel: { reason: 'enough' } })],
  ['the deadline', 'deadline', (attempt: Attempt) => attempt.collector.control({ remainingSeconds: 0 })],
])('%s ends an installation with all its processes', async (_, endedBy, end) => {
  const attempt = await Attempt.start('', { python, bundle: SLOW, cacheKey: 'org_1', launch: false })
  attempt.collector.order.env = { BUILDS: attempt.tmp }
  await attempt.launch()
  await installing(attempt)
  end(attempt)
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([
    { exitCode: null, signal: null, endedBy, error: expect.stringContaining('The script was not started') },
  ])
  expect(attempt.collector.text()).toBe('')
  expect(attempt.collector.phases[1]).toMatchObject({ event: 'dependencies_failed', durationMs: expect.any(Number) })
  await until('an empty machine', async () => (await processesOf(attempt.tmp, attempt.processId)).length === 0)
})

pipTest('an installation that was killed in the middle leaves nothing that a later one takes for whole', async () => {
  const attempt = await Attempt.start('', { python, bundle: SLOW, cacheKey: 'org_1', launch: false })
  attempt.collector.order.env = { BUILDS: attempt.tmp }
  await attempt.launch()
  await installing(attempt)
  const cache = join(attempt.tmp, 'stout-cache-org_1')
  for (const { pid } of await processesOf(attempt.tmp, attempt.processId)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it went with its parent
    }
  }
  await until('an empty machine', async () => (await processesOf(attempt.tmp, attempt.processId)).length === 0)
  expect((await readdir(cache)).filter((name) => /^py3\.\d+-[0-9a-f]{64}$/.test(name))).toEqual([])
})
