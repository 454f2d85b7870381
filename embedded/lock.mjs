// @ts-check
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * When a process started, in clock ticks since boot as text, or null when it is gone. A zombie counts as gone: it holds
 * nothing. A pid alone is no name, since the kernel gives it to somebody else; pid and start time together are.
 * @param {number} pid
 * @returns {string | null}
 */
export function startedAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  } catch {
    if (process.platform === 'linux') return null
    try {
      process.kill(pid, 0)
      return 'unknown'
    } catch {
      return null
    }
  }
}

/**
 * Takes a lock file for this process unless a live process holds it. A lock whose holder is dead is broken: whoever
 * renames it away first may try again, so that two who find it stale do not both take it.
 * @param {string} file
 * @returns {number | null} the pid of the live holder, or null when the lock is now ours
 */
export function tryLock(file) {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, startedAt: startedAt(process.pid) }), { mode: 0o600 })
  try {
    for (;;) {
      try {
        linkSync(mine, file)
        return null
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
      }
      const holder = holderOf(file)
      if (holder) return holder
      breakStale(file)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** @param {string} file */
function breakStale(file) {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return // somebody else was faster
  }
  // Between the look and the rename it may have been broken and taken anew: then give it back.
  if (holderOf(aside)) {
    try {
      linkSync(aside, file)
    } catch {
      // taken meanwhile: two believe they hold it for a moment that cannot be closed without flock
    }
  }
  rmSync(aside, { force: true })
}

/**
 * @param {string} file
 * @returns {number | null} the live process that holds a lock file
 */
export function holderOf(file) {
  try {
    const { pid, startedAt: since } = JSON.parse(readFileSync(file, 'utf8'))
    return since !== null && startedAt(pid) === since ? pid : null
  } catch {
    return null
  }
}

/** Lets go of a lock of ours. @param {string} file */
export function unlock(file) {
  if (holderOf(file) === process.pid) rmSync(file, { force: true })
}

/**
 * Does `work` while holding a lock file, waiting for whoever holds it now.
 * @template T
 * @param {string} file
 * @param {(holder: number) => void} onWait called once when there is somebody to wait for
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  let told = false
  for (let holder = tryLock(file); holder !== null; holder = tryLock(file)) {
    if (!told) onWait(holder)
    told = true
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    unlock(file)
  }
}
