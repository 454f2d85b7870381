import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './schema'

/**
 * Time limits of a session. A process that was stopped in the middle of a transaction must not hold up the others, so
 * Postgres ends its session; `none` is for migrations only.
 */
const LIMITS = {
  usual: '-c idle_in_transaction_session_timeout=5000 -c lock_timeout=5000 -c statement_timeout=30000',
  /** A process that begins to work waits for another one that makes the tables. */
  queues: '-c idle_in_transaction_session_timeout=5000 -c statement_timeout=15000',
  none: '-c lock_timeout=60000',
  /** Below Postgres' own look for deadlocks (1 s): a migration gives way to those that serve, and is tried again. */
  migration: '-c lock_timeout=500',
} as const
const TCP_KEEPALIVES = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3'

export type Db = Kysely<Database>

/** int8 as number: our bigints are sizes and counters far below 2^53. */
const INT8 = 20
pg.types.setTypeParser(INT8, Number)

/** Connection settings shared by the pool, the listening connection of the live bus, and the queues. */
export function connectionConfig(databaseUrl: string, name: string, limits: keyof typeof LIMITS = 'usual') {
  return {
    connectionString: databaseUrl,
    application_name: name,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // the system's own is two hours; who only listens would not notice before
    connectionTimeoutMillis: 5_000,
    // a server that is stopped, not gone, answers nothing: its own limits can't end the wait
    ...(limits === 'usual' && { query_timeout: 35_000 }),
    ...(limits === 'queues' && { query_timeout: 17_000 }),
    options: `${LIMITS[limits]} ${TCP_KEEPALIVES}`,
  } satisfies pg.ClientConfig
}

/**
 * Opens a pool. Every session has time limits and TCP keepalives. A lost connection is reported to `onError`
 * (default: ignored, since the pool replaces it) and never ends the process.
 */
export function openDatabase(
  databaseUrl: string,
  options: {
    name?: string
    maxConnections?: number
    limits?: keyof typeof LIMITS
    onError?: (error: Error) => void
  } = {},
): Db {
  const pool = new pg.Pool({
    ...connectionConfig(databaseUrl, options.name ?? 'stout', options.limits),
    max: options.maxConnections ?? 10,
    idleTimeoutMillis: 30_000,
  })
  // `error` of the pool is that of an idle connection; one that is in use, between two statements, tells nobody else
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)))
  pool.on('error', () => undefined)
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}
