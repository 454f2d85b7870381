import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { LogLine } from '../core/logs/read-lines'
import { aLab } from './testing/lab'

const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
/** Chosen for what a way of running scripts could change: environment, streams, terminals, processes, files, encodings. */
const MODULES = [
  'argparse array atexit base64 binascii bisect bytes codecs collections configparser copy csv dataclasses dict',
  'difflib enum fractions functools hashlib heapq json list operator os print pty random re',
  'resource shutil string struct sys tempfile textwrap traceback tuple unicode urlparse uuid zlib',
].flatMap((names) => names.split(' '))
/** So much of the suite must really have run, on each side. */
const AT_LEAST = 6_000

/**
 * Arguments: the folder of the suite's modules (empty when the interpreter has them), then their names. `gc.freeze` keeps the
 * loaded modules out of the many collections that the tests ask for: 20 s instead of 45. asyncio warns of steps that took long, which
 * differs between any two runs.
 */
const SCRIPT = `import gc, logging, os, sys, unittest
import test
from test import support
folder, *names = sys.argv[1:]
if folder:
    test.__path__.insert(0, folder)
    support.TEST_HOME_DIR = folder
support.use_resources, support.verbose = [], False
logging.getLogger("asyncio").setLevel(logging.ERROR)
print(os.getcwd())
print(sys.executable, sys.version)
print(sys.flags, sys.stdin.isatty(), sys.stdout.encoding, sys.stderr.encoding)
suite = unittest.defaultTestLoader.loadTestsFromNames(["test.test_" + name for name in names])
gc.freeze()
result = unittest.TextTestRunner(verbosity=2).run(suite)
print("ran", result.testsRun)
print("skipped", len(result.skipped))
sys.exit(not result.wasSuccessful())
`

type Run = { stdout: string; stderr: string; code: number | null }

test("CPython's own regression suite says the same as a job as it does by itself", { timeout: 420_000 }, async () => {
  const folder = await suiteFolder()
  const args = [folder, ...MODULES]
  const env = { PYTHONHASHSEED: '0', PYTHONUNBUFFERED: '1', LC_ALL: 'C.UTF-8' }
  await using lab = await aLab()
  await lab.addBox()
  const id = await lab.submit({ script: SCRIPT, args, env, timeoutSeconds: 400 })
  const byItself = await withFolder(async (cwd) => {
    writeFileSync(path.join(cwd, 'suite.py'), SCRIPT)
    return await run([path.join(cwd, 'suite.py'), ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'test', ...env },
    })
  })
  const job = await lab.until(id)
  const lines = await lab.lines(id)

  expect(lines.filter((line) => line.gap ?? line.torn)).toEqual([])
  const asJob = { stdout: textOf(lines, 'stdout'), stderr: textOf(lines, 'stderr') }
  expect(comparable(asJob.stdout, asJob)).toEqual(comparable(byItself.stdout, byItself))
  expect(comparable(asJob.stderr, asJob)).toEqual(comparable(byItself.stderr, byItself))
  expect(job.exitCode).toBe(byItself.code)
  expect(Number(/^ran (\d+)$/m.exec(byItself.stdout)?.[1])).toBeGreaterThan(AT_LEAST)
})

/**
 * Where the suite's modules lie: empty when the interpreter has them, else where `npm test` unpacked Debian's package.
 * @throws Error when the suite is not there: without it this test would say nothing
 */
async function suiteFolder(): Promise<string> {
  if ((await run(['-c', 'import test.test_bisect'])).code === 0) return ''
  const folder = process.env.STOUT_PYTHON_SUITE
  if (folder && existsSync(path.join(folder, 'test_bisect.py'))) return folder
  throw new Error(
    `${PYTHON} has no regression suite. "npm test" fetches it where it can; by hand: install Debian's ` +
      'libpython3.x-testsuite for it, or name the folder of its test_*.py in STOUT_PYTHON_SUITE.',
  )
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout-suite-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Run> {
  const child = spawn(PYTHON, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString(), code }
}

/** What the script wrote to a stream, put together again: a `partial` line had no newline. */
function textOf(lines: LogLine[], stream: LogLine['stream']): string {
  return lines
    .filter((line) => line.stream === stream)
    .map(({ text, partial }) => text + (partial ? '' : '\n'))
    .join('')
}

/** Lines without what differs between any two runs: elapsed seconds, and the folder they ran in, which is printed first. */
function comparable(text: string, { stdout }: Pick<Run, 'stdout'>): string[] {
  const [folder = ''] = stdout.split('\n')
  expect(folder).toMatch(/^\/./)
  return text
    .replaceAll(folder, '<folder>')
    .replace(/^(Ran \d+ tests in )[\d.]+s$/m, '$1# s')
    .split('\n')
}
