import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { copyTree } from './copy-tree'
import { startedAt, withLock } from './lock.mjs'
import { quietly, step } from './progress.mjs'

/**
 * Where the parts of a build lie. A build is kept under the hash of its sources and never changed afterwards, so that a
 * test run that builds newer sources takes nothing from under a running server.
 */
export type Build = {
  /** `distDir` of Next, relative to the project. */
  nextDir: string
  worker: string
  box: string
  store: string
}

const STORE = '.stout-build'
/** What runs beside the web application, by its name in `dist/`; their packages come from node_modules. */
export const PROGRAMS = {
  worker: 'worker/main.ts',
  store: 'embedded/object-store/main.ts',
  migrate: 'embedded/migrate.ts',
  person: 'embedded/person.ts',
} as const
const SHARED = ['core', 'db', 'package-lock.json', 'tsconfig.json']
const WEB_CONFIG = ['next.config.mjs', 'next.config.ts', 'postcss.config.mjs', 'proxy.ts', 'instrumentation.ts']
const WEB_SOURCES = ['app', 'server', 'public', 'instrumentation-node.ts', ...WEB_CONFIG, ...SHARED]
const PROCESS_SOURCES = [
  ...['worker', 'box', 'embedded/object-store', 'embedded/migrate.ts', 'embedded/person.ts', 'embedded/build.ts'],
  ...SHARED,
]

/** Builds what changed since the last time: the web process by Next; worker, box runtime and object store by esbuild. */
export async function build(): Promise<Build> {
  mkdirSync(STORE, { recursive: true })
  return await withLock(path.resolve(STORE, 'build.lock'), waiting, async () => {
    const web = await once('web', hashOf(WEB_SOURCES), 'Building the web application', buildWeb)
    return { nextDir: path.join(web, 'next'), ...(await makeProcesses(web)) }
  })
}

/** Builds worker, box runtime and object store alone. */
export async function buildProcesses(): Promise<Omit<Build, 'nextDir'>> {
  mkdirSync(STORE, { recursive: true })
  return await withLock(path.resolve(STORE, 'build.lock'), waiting, async () => await makeProcesses())
}

const waiting = (pid: number) => console.log(`Waiting for process ${pid}, which is building …`)

async function makeProcesses(...keep: string[]): Promise<Omit<Build, 'nextDir'>> {
  const processes = await once(
    'processes',
    hashOf(PROCESS_SOURCES),
    'Building worker, box runtime and object store',
    bundle,
  )
  removeOldBuilds([...keep, processes])
  const dist = path.join(processes, 'dist')
  publish(dist)
  const program = (name: string) => path.resolve(dist, `${name}.mjs`)
  return { worker: program('worker'), box: program('box'), store: program('store') }
}

/** Makes `<store>/<kind>-<hash>` unless it is there, marks it as used by this process, and returns it. */
async function once(kind: string, hash: string, title: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = path.join(STORE, `${kind}-${hash}`)
  if (!existsSync(dir)) {
    const half = path.join(STORE, `half-${kind}`)
    rmSync(half, { recursive: true, force: true })
    mkdirSync(path.join(half, 'users'), { recursive: true })
    await step(title, async () => await make(half))
    renameSync(half, dir)
  }
  writeFileSync(path.join(dir, 'users', `${process.pid}.${startedAt(process.pid)}`), '')
  return dir
}

/** Next builds into `.next`, where its cache and the types of routes are looked for, and the result is copied. */
async function buildWeb(dir: string): Promise<void> {
  await next('build')
  const leaveOut = new Set(
    ['cache', 'dev', 'trace', 'types', 'diagnostics', 'lock'].map((name) => path.join('.next', name)),
  )
  copyTree('.next', path.join(dir, 'next'), (source) => !leaveOut.has(source))
}

/** Writes the types that Next derives from the routes, which `tsc` needs, without building. */
export async function writeRouteTypes(): Promise<void> {
  mkdirSync(STORE, { recursive: true })
  if (existsSync('app/layout.tsx'))
    await withLock(
      path.resolve(STORE, 'build.lock'),
      () => {},
      () => next('typegen'),
    )
}

async function next(command: 'build' | 'typegen'): Promise<void> {
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', STOUT_NEXT_DIR: '.next' } as const
  const tsconfig = readFileSync('tsconfig.json')
  try {
    const program = path.resolve('node_modules', 'next', 'dist', 'bin', 'next')
    await quietly([process.execPath, program, command], { env, recordFile: path.resolve(STORE, 'next.pid') })
  } finally {
    if (!readFileSync('tsconfig.json').equals(tsconfig)) writeFileSync('tsconfig.json', tsconfig) // Next edits it
  }
}

/** PROGRAMS: our sources in one file each. Box runtime: all in one file, to be carried to a box. */
async function bundle(dir: string): Promise<void> {
  const { build: esbuild } = await import('esbuild')
  const common = { bundle: true, platform: 'node', format: 'esm', sourcemap: true, logLevel: 'error' } as const
  const requireForBundledPackages =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
  for (const [name, entry] of Object.entries(PROGRAMS)) {
    const outfile = path.join(dir, 'dist', `${name}.mjs`)
    await esbuild({ ...common, target: 'node24', packages: 'external', entryPoints: [entry], outfile })
  }
  await esbuild({
    ...common,
    target: 'node22',
    entryPoints: ['box/runtime/main.ts'],
    outfile: path.join(dir, 'dist', 'box.mjs'),
    banner: { js: requireForBundledPackages },
  })
  // What the worker sends to boxes, at the same place relative to the bundle as in the project.
  const python = (source: string) => statSync(source).isDirectory() || source.endsWith('.py')
  cpSync('box', path.join(dir, 'box'), { recursive: true, filter: python })
}

/** Puts the newest bundles into `dist/`, for those who start them by hand. */
function publish(from: string): void {
  mkdirSync('dist', { recursive: true })
  for (const name of readdirSync(from)) {
    const target = path.join('dist', name)
    cpSync(path.join(from, name), `${target}.new`)
    renameSync(`${target}.new`, target)
  }
}

/** Keeps what is in use, and the two newest of each kind besides. */
function removeOldBuilds(keep: readonly string[]): void {
  for (const kind of ['web-', 'processes-']) {
    const dirs = readdirSync(STORE)
      .filter((name) => name.startsWith(kind))
      .map((name) => path.join(STORE, name))
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    for (const dir of dirs.slice(2))
      if (!keep.includes(dir) && !inUse(dir)) rmSync(dir, { recursive: true, force: true })
  }
}

function inUse(dir: string): boolean {
  const users = path.join(dir, 'users')
  return readdirSync(users).some((name) => {
    const [pid, since] = name.split('.')
    const alive = startedAt(Number(pid)) === since
    if (!alive) rmSync(path.join(users, name), { force: true })
    return alive
  })
}

/** A hash over names and contents of the files below `roots` that a build reads. Tests are no part of it. */
function hashOf(roots: readonly string[]): string {
  const hash = createHash('sha256').update(process.version)
  const visit = (entry: string): void => {
    if (statSync(entry).isDirectory()) {
      for (const name of readdirSync(entry).sort()) if (!isIgnored(name)) visit(path.join(entry, name))
      return
    }
    hash.update(`\0${entry}\0`).update(readFileSync(entry))
  }
  for (const root of roots) if (existsSync(root)) visit(root)
  return hash.digest('hex').slice(0, 16)
}

function isIgnored(name: string): boolean {
  return name.startsWith('.') || name === '__pycache__' || name === 'testing' || /\.test\.tsx?$/.test(name)
}
