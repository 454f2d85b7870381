import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { startedAt, withLock } from '../../embedded/lock.mjs'
import { startPostgres, stopPostgres } from '../../embedded/postgres'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of this run's own Postgres. Tests make databases of their own there. */
    postgresUrl: string
  }
}

/**
 * Vitest's global setup of the integration tests: a throwaway Postgres for this run alone, below `STOUT_TEST_DIR` (default
 * `.stout-test`). Tests read its URL by `inject('postgresUrl')`. What a killed earlier run left is ended and removed first.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = path.resolve(process.env.STOUT_TEST_DIR ?? '.stout-test')
  mkdirSync(root, { recursive: true })
  const waiting = (pid: number) => console.log(`Waiting for process ${pid}, which starts tests too …`)
  const dataDir = await withLock(path.join(root, 'pg.lock'), waiting, async () => {
    await removeLeftovers(root)
    return claimFolder(path.join(root, `pg-${process.pid}`))
  })
  const postgres = await startPostgres({ dataDir, preferredPort: 0, throwaway: true })
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Makes a folder, with a note of whose it is. */
function claimFolder(dir: string): string {
  mkdirSync(dir, { mode: 0o700 })
  const owner = { pid: process.pid, startedAt: startedAt(process.pid) }
  writeFileSync(path.join(dir, 'owner.json'), JSON.stringify(owner))
  return dir
}

async function removeLeftovers(root: string): Promise<void> {
  const names = readdirSync(root).filter((name) => /^pg-\d+$/.test(name))
  for (const dir of names.map((name) => path.join(root, name))) {
    if (ownerLives(dir)) continue
    await stopPostgres(dir)
    rmSync(dir, { recursive: true, force: true })
  }
}

function ownerLives(dir: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(path.join(dir, 'owner.json'), 'utf8')) as { pid: number; startedAt: string }
    return startedAt(owner.pid) === owner.startedAt
  } catch {
    return false
  }
}
