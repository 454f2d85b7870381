/**
 * `npm test`: every check there is, in order, and one line at the end that counts them. `npm run check` leaves out what
 * needs a browser. A failing part does not stop the later ones; the exit code is 1 when anything failed or nothing ran.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { CHECKERS, type Checker } from '../checks/checkers'
import { build, writeRouteTypes } from './build'
import { bold } from './progress.mjs'
import {
  type Counts,
  chaosCounts,
  commandFailure,
  type Failure,
  NONE,
  playwrightCounts,
  playwrightFailures,
  sum,
  vitestCounts,
  vitestFailures,
} from './test-results'
import { testTools } from './test-tools'

const FOLDER = path.resolve(process.env.STOUT_TEST_DIR || '.stout-test')
const OWN = path.join(FOLDER, `run-${process.pid}`)
const PLAYWRIGHT_CONFIG = 'e2e/playwright.config.ts'
/** Long enough for some half a dozen faults; the seed makes them the same ones each time. */
const CHAOS = ['--seed', '5', '--minutes', '0.7', '--jobs', '12']
const withBrowser = !process.argv.includes('--no-browser')

const parts: { name: string; counts: Counts; seconds: number }[] = []
const failures: Failure[] = []
let current: ChildProcess | null = null

/** Does one part under a heading; what it throws is one failure. */
async function part(name: string, work: () => Promise<Counts>): Promise<void> {
  console.log(`\n${bold(`── ${name} `)}${'─'.repeat(Math.max(0, 90 - name.length))}`)
  const since = Date.now()
  let counts: Counts
  try {
    counts = await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.error(message)
    failures.push({ test: name, message })
    counts = { ...NONE, failed: 1 }
  }
  const seconds = (Date.now() - since) / 1000
  parts.push({ name, counts, seconds })
  console.log(`${counts.failed ? 'FAILED' : 'ok'} (${seconds.toFixed(1)} s)`)
}

/** Runs a command with its output passed through, and also collected when `collect` is set. */
async function passThrough(
  command: readonly string[],
  env: Record<string, string> = {},
  collect = false,
): Promise<{ code: number; output: string }> {
  const [file = '', ...args] = command
  const stdio = collect ? (['ignore', 'pipe', 'pipe'] as const) : (['ignore', 'inherit', 'inherit'] as const)
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: [...stdio] })
  current = child
  let output = ''
  for (const [from, to] of [[child.stdout, process.stdout] as const, [child.stderr, process.stderr] as const]) {
    from?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      to.write(chunk)
    })
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve(exitCode ?? 1))
  })
  current = null
  return { code, output }
}

async function runChecker({ name, command, filesRead }: Checker): Promise<Counts> {
  const { code, output } = await passThrough(command, {}, true)
  if (code !== 0) {
    failures.push(commandFailure(name, output))
    return { ...NONE, failed: 1 }
  }
  if (filesRead !== undefined && Number(filesRead.exec(output)?.[1] ?? 0) === 0) throw new Error('It read no file.')
  return { ...NONE, passed: 1 }
}

/** @param backend what queues and live bus run on; without one, every test there is, on Postgres */
async function runVitest(tools: Record<string, string>, backend?: 'redis' | 'cluster'): Promise<Counts> {
  const report = path.join(OWN, `vitest-${backend ?? 'all'}.json`)
  const chosen = backend ? ['--project=integration'] : []
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await passThrough(['vitest', 'run', ...chosen, ...reporters], {
    STOUT_TEST_DIR: FOLDER,
    STOUT_TEST_BACKEND: backend ?? 'postgres',
    ...tools,
  })
  failures.push(...vitestFailures(report))
  return vitestCounts(report, code)
}

/** A short storm: the same faults each time. @returns what the run counts at its end; a promise that was not kept is a failure */
async function runChaos(tools: Record<string, string>, backend: 'pg' | 'redis'): Promise<Counts> {
  const command = ['node', '--import', 'tsx', 'chaos/main.ts', '--short', '--backend', backend, ...CHAOS]
  const { code, output } = await passThrough(command, tools, true)
  const counts = chaosCounts(output, code)
  if (counts.failed > 0) failures.push(commandFailure(`a storm on ${backend}`, output))
  return counts
}

async function runPlaywright(tools: Record<string, string>): Promise<Counts> {
  if (!tools.STOUT_CHROMIUM) throw new Error('There is no browser to run these tests in (see above).')
  const report = path.join(OWN, 'playwright.json')
  const command = ['playwright', 'test', '--config', PLAYWRIGHT_CONFIG, '--reporter=list,json']
  const env = { STOUT_TEST_DIR: FOLDER, PLAYWRIGHT_JSON_OUTPUT_FILE: report, ...tools }
  const { code } = await passThrough(command, env)
  failures.push(...playwrightFailures(report))
  return playwrightCounts(report, code)
}

async function main(): Promise<void> {
  mkdirSync(OWN, { recursive: true, mode: 0o700 })
  const { chromium, redisServer, nginx, caddy, pythonSuite } = await testTools(path.join(FOLDER, 'tools'), withBrowser)
  const tools: Record<string, string> = {
    ...(chromium && { STOUT_CHROMIUM: chromium }),
    ...(redisServer && { STOUT_REDIS_SERVER: redisServer }),
    ...(nginx && { STOUT_NGINX: nginx }),
    ...(caddy && { STOUT_CADDY: caddy }),
    ...(pythonSuite && { STOUT_PYTHON_SUITE: pythonSuite }),
  }
  if (withBrowser) await part('build', async () => await build().then(() => ({ ...NONE, passed: 1 })))
  else await writeRouteTypes()
  for (const checker of CHECKERS) await part(checker.name, async () => await runChecker(checker))
  await part('unit and integration tests', async () => await runVitest(tools))
  if (tools.STOUT_REDIS_SERVER) await part('queues and bus on Redis', async () => await runVitest(tools, 'redis'))
  if (tools.STOUT_REDIS_SERVER) await part('jobs on a Redis cluster', async () => await runVitest(tools, 'cluster'))
  if (withBrowser) await part('a storm on Postgres', async () => await runChaos(tools, 'pg'))
  if (withBrowser && tools.STOUT_REDIS_SERVER)
    await part('a storm on Redis', async () => await runChaos(tools, 'redis'))
  if (withBrowser && existsSync(PLAYWRIGHT_CONFIG)) await part('browser tests', async () => await runPlaywright(tools))
}

/** What failed, one line a part, then the one that counts. */
function report(): Counts {
  if (failures.length > 0) console.log(`\n${bold('Failures')}`)
  for (const { test, message } of failures) console.log(`  ✗ ${test}\n${message.replaceAll(/^/gm, '      ')}`)
  console.log(`\n${bold('Summary')}`)
  for (const { name, counts, seconds } of parts) {
    const { passed, failed, skipped } = counts
    const words = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
    console.log(`  ${failed ? '✗' : '✓'} ${name.padEnd(28)} ${words.padEnd(32)} ${seconds.toFixed(1)} s`)
  }
  const total = sum(parts.map(({ counts }) => counts))
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total
}

/** Told to stop: what runs is told too, and gets a moment to clean up after itself. */
function stop(): void {
  current?.kill('SIGTERM')
  setTimeout(() => {
    current?.kill('SIGKILL')
    end(130)
  }, 5000).unref()
  current?.on('exit', () => end(130))
  if (!current) end(130)
}

function end(code: number): never {
  rmSync(OWN, { recursive: true, force: true })
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
if (process.send) process.on('disconnect', stop)

try {
  await main()
} catch (error) {
  console.error(error)
  parts.push({ name: 'test run', counts: { ...NONE, failed: 1 }, seconds: 0 })
}
const { passed, failed } = report()
end(failed > 0 || passed === 0 ? 1 : 0)
