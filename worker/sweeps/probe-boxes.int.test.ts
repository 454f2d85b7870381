import path from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { channels } from '../../core/channels/open-channel'
import { loadShipped } from '../../core/channels/shipped'
import { aBox, anOrg, KEYS } from '../../core/testing/fixtures'
import { testDb } from '../../db/testing/database'
import { probeDueBoxes } from './probe-boxes'

const SUPERVISOR = path.join(import.meta.dirname, '..', '..', 'box', 'supervisor')
const BOXES = 16
const EVERY_SECONDS = 100

test('boxes that were probed at one moment are due at moments of their own, a tenth of the interval around it', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  for (let i = 0; i < BOXES; i++) await aBox(ctx)
  await sql`update boxes b set status = 'offline', host = '127.0.1.' || place, python_port = 1 -- where nobody listens
    from (select id, row_number() over () as place from boxes) as all_of_them where b.id = all_of_them.id`.execute(t.db)
  const clock = async () =>
    (await sql<{ now: Date }>`select clock_timestamp() as now`.execute(t.db)).rows[0]?.now ?? null

  const before = await clock()
  const channelTo = channels(t.db, KEYS, loadShipped(SUPERVISOR, null))
  expect(await probeDueBoxes({ db: t.db, channelTo, installation: 'test', everySeconds: EVERY_SECONDS })).toBe(BOXES)
  const after = await clock()

  const { rows } = await sql<{ text: string; soonest: number; latest: number }>`
    select next_probe_at::text as text, extract(epoch from next_probe_at - ${before})::float8 as soonest,
      extract(epoch from next_probe_at - ${after})::float8 as latest from boxes`.execute(t.db)
  expect(new Set(rows.map(({ text }) => text)).size).toBeGreaterThan(BOXES / 2)
  expect(Math.min(...rows.map(({ soonest }) => soonest))).toBeGreaterThanOrEqual(0.9 * EVERY_SECONDS)
  expect(Math.max(...rows.map(({ latest }) => latest))).toBeLessThanOrEqual(1.1 * EVERY_SECONDS)
})
