import { execFileSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Attempt, PYTHON } from './attempt'
import { endEverything } from './processes'

const UNSHARE = 'unshare'

/** Linux may refuse file systems of one's own to ordinary users. */
export const CAN_MOUNT = (() => {
  try {
    execFileSync(UNSHARE, ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Gives the box of an attempt a real file system of `size` for temporary files. Nobody outside sees into it. */
export async function onSmallDisk(attempt: Attempt, size: string): Promise<{ attempt: Attempt; disk: string }> {
  const disk = join(attempt.tmp, 'disk')
  const python = join(attempt.tmp, 'python')
  await mkdir(disk)
  const mounted = `mount -t tmpfs -o size=${size} none "$TMPDIR" && exec ${PYTHON} "$@"`
  await writeFile(python, `#!/bin/sh\nexec unshare -rm sh -c '${mounted}' sh "$@"\n`)
  await chmod(python, 0o700)
  attempt.python = python
  attempt.boxEnvironment = { TMPDIR: disk }
  onTestFinished(() => endEverything(disk, attempt.processId))
  return { attempt, disk }
}
