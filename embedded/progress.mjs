// @ts-check
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { holderOf, startedAt } from './lock.mjs'

const colours = process.stdout.isTTY && !process.env.NO_COLOR
/** @param {string} text */
export const dim = (text) => (colours ? `\x1b[2m${text}\x1b[22m` : text)
/** @param {string} text */
export const bold = (text) => (colours ? `\x1b[1m${text}\x1b[22m` : text)

/** @param {number} since */
const elapsed = (since) => `${Math.round((Date.now() - since) / 1000)} s`

/**
 * Does a step that may take long and says so: its name, the seconds so far (in place on a terminal, a line every 5 s
 * elsewhere), and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const since = Date.now()
  const tty = process.stdout.isTTY
  process.stdout.write(tty ? `${title} …` : `${title} …\n`)
  const timer = setInterval(
    () => process.stdout.write(tty ? `\r${title} … ${elapsed(since)}` : `  … ${title}: ${elapsed(since)}\n`),
    tty ? 1000 : 5000,
  )
  let end = 'failed after'
  try {
    const result = await work()
    end = 'done in'
    return result
  } finally {
    clearInterval(timer)
    const line = `${title}: ${end} ${elapsed(since)}`
    process.stdout.write(tty ? `\r\x1b[K${line}\n` : `${line}\n`)
  }
}

/** A command that did nothing any more, and was ended. */
export class Stalled extends Error {}

/**
 * Runs a command whose output matters only when it fails, in a process group of its own that is told to stop when this
 * process is. Its pid is kept in `recordFile`: when this process was killed and the command runs on, the next one that
 * wants to do the same ends it first.
 * @param {string[]} command
 * @param {{ env: NodeJS.ProcessEnv, recordFile: string, patienceMs?: number }} options patienceMs: the command is ended when it
 *   read and wrote nothing for so long, neither files nor network; without it, or where the system does not tell, it may take its time
 * @returns {Promise<void>}
 * @throws Error with the end of what it said; Stalled
 */
export async function quietly([file = '', ...args], { env, recordFile, patienceMs }) {
  await endRecorded(recordFile)
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  if (child.pid) writeFileSync(recordFile, JSON.stringify({ pid: child.pid, startedAt: startedAt(child.pid) }))
  let output = ''
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const forward = (/** @type {NodeJS.Signals} */ signal) => signalGroup(child.pid, signal)
  for (const signal of SIGNALS) process.on(signal, forward)
  let stalled = false
  const watch = whenIdle(child.pid, patienceMs, () => {
    stalled = true
    signalGroup(child.pid, 'SIGKILL')
  })
  try {
    const code = await new Promise((resolve, reject) =>
      child.on('error', reject).on('close', (c, s) => resolve(c ?? s)),
    )
    if (stalled) throw new Stalled(`${file} ${args.join(' ')} did nothing for ${Number(patienceMs) / 1000} s.`)
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${output.trim()}`)
  } finally {
    clearInterval(watch)
    for (const signal of SIGNALS) process.off(signal, forward)
    rmSync(recordFile, { force: true })
  }
}

/**
 * Calls `onIdle` once the process has read and written nothing for `patienceMs`.
 * @param {number | undefined} pid
 * @param {number | undefined} patienceMs
 * @param {() => void} onIdle
 */
function whenIdle(pid, patienceMs, onIdle) {
  if (!pid || !patienceMs) return undefined
  let last = { bytes: '', since: Date.now() }
  return setInterval(() => {
    const bytes = bytesMoved(pid)
    if (bytes === null || bytes !== last.bytes) last = { bytes: bytes ?? '', since: Date.now() }
    else if (Date.now() - last.since >= patienceMs) onIdle()
  }, patienceMs / 10)
}

/** What a process has read and written so far, sockets included; null where /proc does not tell. @param {number} pid */
function bytesMoved(pid) {
  try {
    return readFileSync(`/proc/${pid}/io`, 'utf8').split('\n').slice(0, 2).join()
  } catch {
    return null
  }
}

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** @param {string} recordFile */
async function endRecorded(recordFile) {
  for (let pid = holderOf(recordFile); pid !== null; pid = holderOf(recordFile)) {
    signalGroup(pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** @param {number | undefined} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    if (pid) process.kill(-pid, signal)
  } catch {
    // gone
  }
}
