import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../db/testing/database'
import { fill } from './fill'
import { faults } from './plans'
import { runVerbs } from './verbs'

test('nothing that is asked of a well filled database reads a big table from end to end', {
  timeout: 240_000,
}, async () => {
  await using t = await testDb()
  await fill(t.url, { jobs: 40_000, outbox: 20_000 })
  const ran = await runVerbs(t.url)
  expect(ran.filter(({ statements }) => statements.length === 0)).toEqual([])
  expect(ran.flatMap(faults)).toEqual([])

  // and the check sees it where an index is gone
  await sql`drop index attempts_open`.execute(t.db)
  await sql`drop index outbox_due`.execute(t.db)
  const seen = (await runVerbs(t.url)).flatMap(faults).join('\n')
  expect(seen).toContain('dispatch limit: sequential scan of attempts')
  expect(seen).toContain('relay: sequential scan of outbox')
})
