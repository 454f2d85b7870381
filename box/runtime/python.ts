import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SYSTEM_PYTHON = '/usr/bin/python3'

/**
 * Finds the interpreter for scripts: the configured one, the system's, or what `python3` on the PATH stands for. That
 * may be a slow shim, so it is asked once what it starts.
 *
 * @throws Error when there is none
 */
export async function findPython(configured: string | undefined): Promise<string> {
  if (configured !== undefined) {
    await access(configured, constants.X_OK).catch(() => {
      throw new Error(`Bad box configuration:\n  python: ${configured} is no file that can be run`)
    })
    return configured
  }
  const system = await access(SYSTEM_PYTHON, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (system) return SYSTEM_PYTHON
  const { stdout } = await run('python3', ['-c', 'import sys;print(sys.executable)'])
  return stdout.trim()
}

/** What to put before a command to give it a niceness: nothing where that is not permitted. */
export async function nicePrefix(niceness: number): Promise<string[]> {
  if (niceness === 0) return []
  const prefix = ['/usr/bin/nice', '-n', String(niceness)]
  const [file = '', ...args] = prefix
  const permitted = await run(file, [...args, 'true']).then(
    ({ stderr }) => stderr === '',
    () => false,
  )
  return permitted ? prefix : []
}
