import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Where one box keeps everything. Nothing of it is shared with another box of the same machine. */
export type StateRoot = {
  dir: string
  /** Kill scope: stands in the environment of every process that this box started, and of no other. */
  scope: string
  /** What /tmp is on a stock box: scripts, module directories, and the scripts' own TMPDIR. */
  tmp: string
  /** One directory for each detached run. */
  processes: string
  lockFile: string
  savedNetsFile: string
  versionFile: string
  secretsFile: string
  pidFile: string
  /** Directories that /download-file may read from. */
  downloadRoots: string[]
}

const DOWNLOAD_ROOTS = ['lager-output', 'lager-results', 'lager-job-output']

/** The scope outlives restarts, so that a new runtime still reaches what an older one left running. */
async function readOrMakeScope(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (/^[0-9a-f]{32}$/.test(kept)) return kept
  const scope = randomBytes(16).toString('hex')
  await writeFile(file, scope, { mode: 0o600 })
  return scope
}

/** Opens a box's state root and makes what is missing; what an earlier run left stays. */
export async function openStateRoot(path: string): Promise<StateRoot> {
  const dir = resolve(path)
  const tmp = join(dir, 'tmp')
  const processes = join(tmp, 'lager_processes')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await mkdir(processes, { recursive: true, mode: 0o700 })
  return {
    dir,
    scope: await readOrMakeScope(join(dir, 'scope')),
    tmp,
    processes,
    lockFile: join(dir, 'lock.json'),
    savedNetsFile: join(dir, 'saved_nets.json'),
    versionFile: join(dir, 'version'),
    secretsFile: join(dir, 'org_secrets.json'),
    pidFile: join(dir, 'box.pid'),
    downloadRoots: DOWNLOAD_ROOTS.map((name) => join(tmp, name)),
  }
}
