import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { migrateToLatest } from '../db/migrate'
import { startPostgres } from '../embedded/postgres'

/**
 * Runs `work` with a migrated database on a server of its own, and leaves nothing behind.
 * @param durable commits reach the disk, as in an installation
 */
export async function withDatabase<T>(
  work: (databaseUrl: string) => Promise<T>,
  { durable = false }: { durable?: boolean } = {},
): Promise<T> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-'))
  const postgres = await startPostgres({ dataDir: dir, preferredPort: 0, throwaway: !durable })
  try {
    await migrateToLatest(postgres.url)
    return await work(postgres.url)
  } finally {
    await postgres.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
