import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { beat } from '../../core/attempts/presence'
import { boxesTopic } from '../../core/live/bus'
import { openPostgresBus } from '../../core/live/postgres-bus'
import { aBox, aJob, anOrg } from '../../core/testing/fixtures'
import { testDb } from '../../db/testing/database'
import { until } from '../../embedded/process'
import { holdWatch } from './watch-holds'

test('pages of boxes are woken when a supervisor is no longer heard of, and when it is back; those of others, and else, never', async () => {
  await using t = await testDb()
  const [ctx, other] = [await anOrg(t.db), await anOrg(t.db)]
  for (const { orgId } of [ctx, other]) {
    await aBox({ ...ctx, orgId }, { name: 'bench' })
    await aJob({ ...ctx, orgId }, { state: 'running' })
  }
  await beat(t.db)
  await sql`update box_api_presence set listening_since_at = now() - interval '1 hour'`.execute(t.db)
  const heard = async (ago: string) =>
    await sql`update log_heads set last_heard_at = now() - ${ago}::interval from jobs
      where jobs.id = job_id and jobs.org_id = ${ctx.orgId}`.execute(t.db)

  const bus = openPostgresBus(t.url, t.db)
  try {
    const woken = { ctx: 0, other: 0 }
    bus.subscribe(boxesTopic(ctx.orgId), () => woken.ctx++)
    bus.subscribe(boxesTopic(other.orgId), () => woken.other++)
    const look = holdWatch(t.db, bus)
    /** Looks, and waits until everything that was published before has arrived. */
    const lookAndHear = async () => {
      const before = woken.other
      await look()
      await bus.publish([{ topic: boxesTopic(other.orgId), n: 0 }])
      await until(async () => woken.other > before, 10_000)
      return woken.ctx
    }
    await lookAndHear()
    const atFirst = await lookAndHear()
    await heard('1 hour')
    expect(await lookAndHear()).toBe(atFirst + 1)
    expect(await lookAndHear()).toBe(atFirst + 1)
    await heard('0 s')
    expect(await lookAndHear()).toBe(atFirst + 2)
  } finally {
    await bus.close()
  }
})
