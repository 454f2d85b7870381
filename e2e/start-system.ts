import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { FullConfig } from '@playwright/test'
import { startedAt } from '../embedded/lock.mjs'
import { publishSystem, SYSTEM_WISH, type System, type SystemWish } from './connection'

/** Starts the installation that all tests use. Returns how to end it. */
// biome-ignore lint/style/noDefaultExport: Playwright asks for it
export default async function startSystem({ projects }: FullConfig): Promise<() => Promise<void>> {
  removeOldResults(projects[0]?.outputDir ?? '')
  const { system, stop } = await holdSystem()
  publishSystem(system)
  return stop
}

/** Starts an installation in a process of its own. Returns how to get in, and how to end it. */
export async function holdSystem(wish: SystemWish = {}): Promise<{ system: System; stop: () => Promise<void> }> {
  const env = { ...process.env, [SYSTEM_WISH]: JSON.stringify(wish) }
  const child = fork('e2e/system.ts', { execArgv: ['--import', 'tsx'], stdio: 'inherit', env })
  const system = await new Promise<System>((resolve, reject) => {
    child.once('message', (message) => resolve(message as System))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The installation to test did not start (exit code ${code}).`)))
  })
  const stop = async () => {
    const exited = once(child, 'exit')
    child.disconnect()
    await exited
  }
  return { system, stop }
}

/** What earlier runs left is of no use once a new one begins; runs that go on keep theirs. */
function removeOldResults(own: string): void {
  const folder = path.dirname(own)
  if (path.basename(folder) !== 'test-results') return
  let names: string[] = []
  try {
    names = readdirSync(folder).filter((name) => /^\d+$/.test(name))
  } catch {
    return // there is none yet
  }
  for (const name of names) {
    if (startedAt(Number(name)) === null) rmSync(path.join(folder, name), { recursive: true, force: true })
  }
}
