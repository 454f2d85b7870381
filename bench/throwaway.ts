import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrateToLatest } from '../db/migrate'
import { type RunningPostgres, startPostgres } from '../embedded/postgres'

type Options = {
  /** Commits reach the disk, as in an installation. */
  durable?: boolean
  /** With the extension `pg_stat_statements`. */
  countsStatements?: boolean
}

/** Runs `work` with a migrated database on a server of its own, and leaves nothing behind. */
export async function withDatabase<T>(work: (databaseUrl: string) => Promise<T>, options: Options = {}): Promise<T> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-'))
  const start = () => startPostgres({ dataDir: dir, preferredPort: 0, throwaway: !options.durable })
  let postgres = await start()
  try {
    if (options.countsStatements) {
      await run(postgres, "alter system set shared_preload_libraries = 'pg_stat_statements'")
      await postgres.stop()
      postgres = await start() // the library is loaded by a start alone
      await run(postgres, 'create extension pg_stat_statements')
    }
    await migrateToLatest(postgres.url)
    return await work(postgres.url)
  } finally {
    await postgres.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function run({ url }: RunningPostgres, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
