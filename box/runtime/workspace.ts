import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { access, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SCOPE_VARIABLE } from './processes'
import { RequestError } from './replies'
import type { RunRequest } from './run-request'
import type { StateRoot } from './state-root'
import { unzip } from './unzip'

/** The files of one run. */
export type Workspace = {
  /** Where the script runs, and its sys.path[0]. */
  folder: string
  /** The file that Python runs. */
  entry: string
  /** Grows by what the script hands out beside stdout and stderr. */
  outputChannel: string
  /** Removes what a run leaves behind. The module directory of a detached run stays, as on a stock box. */
  remove(): Promise<void>
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_'

function temporaryName(): string {
  return `tmp${Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`
}

async function writeNew(path: string, bytes: Buffer): Promise<string> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
  } finally {
    await file.close()
  }
  return path
}

/** Installs what a module asks for, in silence, however long it takes. @throws RequestError 422 with pip's output */
async function installRequirements(
  python: string,
  folder: string,
  env: Record<string, string | undefined>,
): Promise<void> {
  const found = await access(join(folder, 'requirements.txt')).then(
    () => true,
    () => false,
  )
  if (!found) return
  await new Promise<void>((resolve, reject) => {
    const args = ['-c', 'exec "$0" -m pip install -r requirements.txt 2>&1', python]
    execFile(
      '/bin/sh',
      args,
      { cwd: folder, env: env as NodeJS.ProcessEnv, maxBuffer: Number.POSITIVE_INFINITY },
      (error, stdout) => {
        if (error) reject(new RequestError(422, `Pip install failed: ${stdout}`))
        else resolve()
      },
    )
  })
}

/**
 * Lays out the files of a run in the box's temporary directory.
 *
 * @throws RequestError 422 when there is nothing to run or pip failed, 500 when the module is no zip; then nothing is left
 */
export async function makeWorkspace(
  request: RunRequest,
  state: StateRoot,
  python: string,
  env: Record<string, string | undefined>,
): Promise<Workspace> {
  const { tmp } = state
  const leftovers: string[] = []
  const remove = async () => {
    await Promise.all(leftovers.map((path) => rm(path, { recursive: true, force: true })))
  }
  try {
    if (!request.script && !request.module) throw new RequestError(422, 'Could not find module folder')
    let folder = tmp
    if (request.module) {
      folder = join(tmp, temporaryName())
      await mkdir(folder, { mode: 0o700 })
      if (!request.detach) leftovers.push(folder)
      await unzip(request.module, folder)
      await installRequirements(python, folder, { ...env, TMPDIR: tmp, [SCOPE_VARIABLE]: state.scope })
    }
    let entry = join(folder, 'main.py')
    if (request.script) {
      folder = tmp
      entry = await writeNew(join(tmp, `${temporaryName()}.py`), request.script)
      leftovers.push(entry)
    }
    const outputChannel = await writeNew(join(tmp, temporaryName()), Buffer.alloc(0))
    leftovers.push(outputChannel)
    return { folder, entry, outputChannel, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
