// @ts-check
/**
 * What `npm start`, `npm run reset`, `npm run box` and `npm test` call. Runs on the machine's own Node before anything is
 * installed, so it uses nothing but Node 20: checks what is needed, installs from the lockfile when it changed, and hands over
 * to the project's own Node (pinned in the lockfile).
 *
 *   node embedded/start.mjs [up|reset|test|check|box] [arguments]
 *   node embedded/start.mjs run <file.ts> [arguments]
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'
import { quietly, Stalled, step } from './progress.mjs'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const STAMP = path.join(ROOT, 'node_modules', '.stout-installed')
const STORE = path.join(ROOT, '.stout-build')
const NPM_TRIES = 3
/** How long npm may neither read nor write anything: more than the minute that it rests at most before it asks a registry again. */
const NPM_PATIENCE_MS = 90_000
const ENTRIES = /** @type {Record<string, string[]>} */ ({
  up: ['embedded/up.ts'],
  reset: ['embedded/reset.ts'],
  test: ['embedded/test.ts'],
  check: ['embedded/test.ts', '--no-browser'],
  box: ['embedded/box.ts'],
})

async function main() {
  const [command = 'up', ...rest] = process.argv.slice(2)
  const entry = command === 'run' ? rest.splice(0, 1) : ENTRIES[command]
  if (!entry?.length) fail(`There is no "${command}". Try: ${Object.keys(ENTRIES).join(', ')}.`)
  process.chdir(ROOT)
  const stateFolder = path.resolve(process.env.STOUT_DATA_DIR || '.stout')
  if (command === 'reset' && !existsSync(stateFolder))
    return console.log(`There is nothing to forget: no ${stateFolder}.`)
  checkMachine()
  await install()
  await handOver([...entry, ...rest])
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

function checkMachine() {
  const node = Number(process.versions.node.split('.')[0])
  if (node < 20) fail(`Stout needs Node 20 or newer to start; this is ${process.version}. See https://nodejs.org.`)
  const python = spawnSync('python3', ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' })
  if (python.error || python.status !== 0)
    fail('Stout needs python3 (3.10 or newer) on the PATH: jobs are Python scripts.')
  const [major = 0, minor = 0] = python.stdout.trim().split(' ').map(Number)
  if (major < 3 || (major === 3 && minor < 10)) fail(`Stout needs Python 3.10 or newer; python3 is ${major}.${minor}.`)
}

/** What decides whether node_modules fits: the two files, and the platform that native parts were chosen for. */
function wanted() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function isInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()
}

async function install() {
  if (isInstalled()) return
  mkdirSync(STORE, { recursive: true })
  const waiting = (/** @type {number} */ pid) => console.log(`Waiting for process ${pid}, which is installing …`)
  await withLock(path.join(STORE, 'install.lock'), waiting, async () => {
    if (isInstalled()) return
    const underWay = path.join(STORE, 'installing')
    // npm takes a package for whole when its folder has a package.json: what a kill cut short would stay broken.
    if (existsSync(underWay)) {
      await step('Removing an installation that was interrupted', async () =>
        rmSync('node_modules', { recursive: true, force: true }),
      )
    }
    writeFileSync(underWay, '')
    rmSync(STAMP, { force: true })
    await installPatiently()
    writeFileSync(STAMP, wanted())
    rmSync(underWay)
  })
}

/** npm at times waits for ever for the rest of a large package. What came before is in its cache: another try is quick. */
async function installPatiently() {
  for (let triesLeft = NPM_TRIES - 1; ; triesLeft--) {
    try {
      return await step('Installing packages from the lockfile', npmInstall)
    } catch (error) {
      if (!(error instanceof Stalled) || triesLeft === 0) throw error
      console.log('npm came to a halt; trying again.')
      rmSync('node_modules', { recursive: true, force: true })
    }
  }
}

/**
 * `npm install`, not `npm ci`: a registry mirror that lacks packages of other platforms makes `npm ci` fail. The lockfile
 * is put back as it was, should npm have dropped such packages from it.
 */
async function npmInstall() {
  const lockfile = readFileSync('package-lock.json')
  const cli = process.env.npm_execpath
  const npm = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm']
  const flags = ['--no-save', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { env: process.env, recordFile: path.join(STORE, 'npm.pid'), patienceMs: NPM_PATIENCE_MS }
  try {
    await quietly([...npm, 'install', ...flags], options)
  } finally {
    if (!readFileSync('package-lock.json').equals(lockfile)) writeFileSync('package-lock.json', lockfile)
  }
}

/** The project's own Node; the machine's where the platform has none of ours and it is new enough. */
function ownNode() {
  const own = path.resolve('node_modules', '.bin', 'node')
  if (existsSync(own)) return own
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return fail(
    `There is no Node 24 in the packages for ${process.platform}-${process.arch}, and this is ${process.version}.`,
  )
}

/** Parent and grandparent: npm starts scripts by a shell, which may stay between the two. */
function ancestry() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`
  } catch {
    return String(process.ppid)
  }
}

/**
 * Runs the rest and ends as it ends. Signals are passed on; the channel between the two tells the child when this process
 * is killed, and this process looks whether npm, which started it, still lives: so nothing runs on unseen.
 * @param {string[]} args
 */
async function handOver(args) {
  const PATH = `${path.resolve('node_modules', '.bin')}${path.delimiter}${process.env.PATH}`
  const child = spawn(ownNode(), ['--import', 'tsx', ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH },
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal))
  const ancestors = ancestry()
  const watch = setInterval(() => ancestry() !== ancestors && child.connected && child.disconnect(), 500)
  if (!process.env.npm_lifecycle_event) clearInterval(watch)
  const code = await new Promise((resolve) => {
    child.on('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)))
    child.on('error', (error) => fail(`The project's Node does not start: ${error.message}`))
  })
  process.exit(code)
}

main().catch((error) => fail(error.message))
