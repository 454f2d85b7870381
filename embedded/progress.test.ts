import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { quietly, Stalled } from './progress.mjs'

function inFolder(): { options: { env: NodeJS.ProcessEnv; recordFile: string }; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout-progress-'))
  return {
    options: { env: process.env, recordFile: path.join(folder, 'command.pid') },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

const node = (script: string) => [process.execPath, '-e', script]

test('a command that fails is told with what it said', async () => {
  using folder = inFolder()
  await expect(quietly(node('console.log("no such package"); process.exit(3)'), folder.options)).rejects.toThrow(
    /ended with 3:\nno such package/,
  )
})

test('a command that waits for what never comes is ended', async () => {
  using folder = inFolder()
  const waits = node('require("node:net").createServer().listen(0)')
  await expect(quietly(waits, { ...folder.options, patienceMs: 1_000 })).rejects.toThrow(Stalled)
})

test('a command that takes its time, but reads, is not', async () => {
  using folder = inFolder()
  const reads = node(`
    const { readFileSync } = require('node:fs')
    const timer = setInterval(() => readFileSync('/etc/passwd'), 50)
    setTimeout(() => clearInterval(timer), 8_000)`)
  await quietly(reads, { ...folder.options, patienceMs: 4_000 })
})
