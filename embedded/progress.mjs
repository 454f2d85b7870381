// @ts-check
import { spawn } from 'node:child_process'

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

/**
 * Runs a command whose output matters only when it fails. Its children go with it when this process is told to stop.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<void>}
 * @throws Error with the end of what it said
 */
export async function quietly(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk.toString()).slice(-20_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, forward)
  try {
    const code = await new Promise((resolve, reject) =>
      child.on('error', reject).on('close', (c, s) => resolve(c ?? s)),
    )
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.trim()}`)
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}
