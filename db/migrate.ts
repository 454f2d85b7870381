import { setTimeout as sleep } from 'node:timers/promises'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { type Db, openDatabase } from './client'
import { buildIndexes } from './indexes'
import * as access from './migrations/0001-access'
import * as boxes from './migrations/0002-boxes'
import * as jobs from './migrations/0003-jobs'
import * as events from './migrations/0004-events'
import * as logs from './migrations/0005-logs'
import * as realBoxes from './migrations/0006-real-boxes'
import * as artifacts from './migrations/0007-artifacts'
import * as controlHeard from './migrations/0008-control-heard'
import * as retention from './migrations/0009-retention'
import * as cleanUp from './migrations/0010-clean-up'
import * as logPacking from './migrations/0011-log-packing'
import * as reruns from './migrations/0012-reruns'
import * as idempotency from './migrations/0013-idempotency'
import * as search from './migrations/0014-search'
import * as rateLimits from './migrations/0015-rate-limits'

const MIGRATIONS: Record<string, Migration> = {
  '0001-access': access,
  '0002-boxes': boxes,
  '0003-jobs': jobs,
  '0004-events': events,
  '0005-logs': logs,
  '0006-real-boxes': realBoxes,
  '0007-artifacts': artifacts,
  '0008-control-heard': controlHeard,
  '0009-retention': retention,
  '0010-clean-up': cleanUp,
  '0011-log-packing': logPacking,
  '0012-reruns': reruns,
  '0013-idempotency': idempotency,
  '0014-search': search,
  '0015-rate-limits': rateLimits,
}
const GIVE_UP_MS = 120_000
const AGAIN_MS = 100
const provider: MigrationProvider = { getMigrations: async () => MIGRATIONS }

/**
 * Brings the database to the newest schema, then builds the indexes that its big tables lack. Safe to run twice at once:
 * Kysely's migrator holds a lock.
 * @param upTo the last migration to run, for tests of what an older version meets; no indexes are built then
 * @throws Error with the name of the migration that failed
 */
export async function migrateToLatest(databaseUrl: string, upTo?: string): Promise<void> {
  await migrate(databaseUrl, upTo)
  if (upTo !== undefined) return
  await using db = openDatabase(databaseUrl, { name: 'stout-indexes', maxConnections: 2, limits: 'none' })
  await buildIndexes(db)
}

/** Asks for locks only briefly and begins anew when it does not get them: it never stands in the way of those that serve. */
async function migrate(databaseUrl: string, upTo: string | undefined): Promise<void> {
  await using db = openDatabase(databaseUrl, { name: 'stout-migrate', maxConnections: 2, limits: 'migration' })
  const migrator = new Migrator({ db, provider })
  const giveUpAt = performance.now() + GIVE_UP_MS
  for (;;) {
    const { error, results } = upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(upTo)
    if (error === undefined) return
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'before the first one'
    if (!isInTheWay(error) || performance.now() > giveUpAt)
      throw new Error(`Migration failed: ${failed}`, { cause: error })
    await sleep(AGAIN_MS * (1 + Math.random()))
  }
}

/** True if somebody else held a lock: SQLSTATE lock_not_available or deadlock_detected. */
function isInTheWay(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01')
}

/** Names of the migrations that the database has not had yet. @throws when the database does not answer */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const migrations = await new Migrator({ db, provider }).getMigrations()
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}
