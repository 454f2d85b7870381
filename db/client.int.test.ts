import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from './client'
import { testDb } from './testing/database'

test('a connection that is lost in the middle of a transaction fails the transaction, and not the process', async () => {
  await using t = await testDb()
  const lost = Promise.withResolvers<Error>()
  await using db = openDatabase(t.url, { onError: lost.resolve })
  const open = await db.startTransaction().execute()
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(open)
  await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(t.db)
  expect((await lost.promise).message).toMatch(/terminat/)
  await expect(sql`select 1`.execute(open)).rejects.toThrow()
  await open
    .rollback()
    .execute()
    .catch(() => undefined)
  expect((await sql`select 1`.execute(db)).rows).toHaveLength(1)
})
