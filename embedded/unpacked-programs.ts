import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { NOTHING_FETCHED, unpackPackages } from './debian-packages'
import { run } from './process'
import { step } from './progress.mjs'

/** A server that tests start, of a Debian package. */
type Program = {
  name: string
  packages: readonly string[]
  /** Its place in the package, and so on a machine that has it installed. */
  file: string
  /** Names the program where it is elsewhere. */
  variable: string
  /** Arguments with which it says its version and ends. */
  version: readonly string[]
}

export const REDIS: Program = {
  name: 'redis-server',
  packages: ['redis-server', 'redis-tools'],
  file: '/usr/bin/redis-server',
  variable: 'STOUT_REDIS_SERVER',
  version: ['--version'],
}
export const NGINX: Program = {
  name: 'nginx',
  packages: ['nginx'],
  file: '/usr/sbin/nginx',
  variable: 'STOUT_NGINX',
  version: ['-v'],
}
export const CADDY: Program = {
  name: 'caddy',
  packages: ['caddy'],
  file: '/usr/bin/caddy',
  variable: 'STOUT_CADDY',
  version: ['version'],
}

/** The program where it is named, installed or unpacked already, else unpacked into `folder`. Null: it cannot be had, and why was said. */
export async function findProgram(program: Program, folder: string): Promise<string | null> {
  const own = path.join(folder, 'run')
  const works = async (file: string) => (await run([file, ...program.version], { timeoutMs: 30_000 })).code === 0
  for (const file of [process.env[program.variable], program.file, own]) {
    if (file && existsSync(file) && (await works(file))) return file
  }
  const title = `Fetching ${program.name} for the tests (Debian package)`
  const fetched = await step(title, async () => await unpack(program, folder))
  if (fetched && (await works(own))) return own
  const why = fetched ? 'the one from the Debian package does not start here' : NOTHING_FETCHED
  console.log(`No ${program.name} for the tests: ${why}`)
  return null
}

/** Unpacks the packages and the libraries they need. @returns whether there was anything to unpack */
async function unpack({ packages, file }: Program, folder: string): Promise<boolean> {
  const fresh = `${folder}.new`
  if (!(await unpackPackages(fresh, (options) => withLibraries(packages, options)))) return false
  const libraries = [...new Set(['/usr/lib', '/lib'].flatMap((root) => libraryFolders(path.join(fresh, 'root', root))))]
  const search = libraries.map((name) => name.replace(fresh, folder)).join(':')
  const script = `#!/bin/sh\nexport LD_LIBRARY_PATH='${search}'\nexec '${folder}/root${file}' "$@"\n`
  writeFileSync(path.join(fresh, 'run'), script, { mode: 0o755 })
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return true
}

function libraryFolders(root: string): string[] {
  if (!existsSync(root)) return []
  const names = readdirSync(root, { withFileTypes: true })
  const here = names.some((entry) => entry.name.includes('.so')) ? [root] : []
  return [
    ...here,
    ...names.filter((entry) => entry.isDirectory()).flatMap((entry) => libraryFolders(path.join(root, entry.name))),
  ]
}

/** The packages and those of the libraries they name, but for those that every Debian has. */
async function withLibraries(packages: readonly string[], options: readonly string[]): Promise<string[]> {
  const listed = await run(['apt-cache', ...options, 'depends', ...packages])
  if (listed.code !== 0) return []
  const libraries = [...listed.stdout.matchAll(/^ +Depends: ((?:lib|lua)\S+)$/gm)].map((match) => match[1] ?? '')
  return [...packages, ...new Set(libraries.filter((name) => !/^lib(c6|gcc|stdc)/.test(name)))]
}
