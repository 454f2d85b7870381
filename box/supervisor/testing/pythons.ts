import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { PYTHON, run } from './attempt'

/** A Python of this machine. `version` is `3.12.1`. */
export type Python = { version: string; path: string }

const OLDEST_MINOR = 10
const SAY = 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)'

/** The Pythons of this machine that the supervisor supports, one of each minor version; first the one that all tests use. */
export async function pythonsHere(): Promise<Python[]> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...(await pyenvFolders())]
  const named = (await Promise.all(folders.map(pythonsIn))).flat()
  const found = new Map<string, Python>()
  for (const python of await Promise.all([PYTHON, ...named].map(ask))) {
    const minor = python?.version.split('.').slice(0, 2).join('.')
    if (python && minor && !found.has(minor)) found.set(minor, python)
  }
  return [...found.values()]
}

async function pyenvFolders(): Promise<string[]> {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions')
  return (await readdir(versions).catch(() => [])).map((name) => join(versions, name, 'bin'))
}

async function pythonsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => Number(/^python3\.(\d+)$/.exec(name)?.[1] ?? 0) >= OLDEST_MINOR)
    .map((name) => join(folder, name))
}

/** What a Python says of itself; a shim that stands for none says nothing. */
async function ask(path: string): Promise<Python | undefined> {
  const { code, output } = await run(path, ['-c', SAY], { cwd: '/', env: { PATH: process.env.PATH ?? '' } })
  const [version, executable] = output.trim().split(' ')
  return code === 0 && version && executable ? { version, path: executable } : undefined
}
