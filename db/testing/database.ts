import pg from 'pg'
import { inject } from 'vitest'
import { type Db, openDatabase } from '../client'
import { migrateToLatest } from '../migrate'

const TEMPLATE = 'stout_template'

export type TestDb = AsyncDisposable & { db: Db; url: string }

/**
 * A database of its own for one test: a clone of a template that is migrated once per run. Dropped at the end, whoever is
 * still connected.
 */
export async function testDb(): Promise<TestDb> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await asAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock(1)')
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [TEMPLATE])
    if (!rowCount) {
      await admin.query(`create database ${TEMPLATE}_new`)
      await migrateToLatest(urlOf(`${TEMPLATE}_new`))
      await admin.query(`alter database ${TEMPLATE}_new rename to ${TEMPLATE}`)
    }
    await admin.query(`create database ${name} template ${TEMPLATE}`)
  })
  return opened(name)
}

/** A database without a schema, for one test. */
export async function emptyDatabase(): Promise<TestDb> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await asAdmin((admin) => admin.query(`create database ${name}`))
  return opened(name)
}

function opened(name: string): TestDb {
  const url = urlOf(name)
  const db = openDatabase(url, { name: 'test' })
  return {
    db,
    url,
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await asAdmin((admin) => admin.query(`drop database ${name} with (force)`))
    },
  }
}

function urlOf(database: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${database}`
  return url.href
}

async function asAdmin(work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
