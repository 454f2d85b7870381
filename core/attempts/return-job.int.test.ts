import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import type { Ctx } from '../context'
import type { BoxId, JobId } from '../ids'
import { returnUnclaimed } from '../jobs/sweep-jobs'
import { aBox, aJob, anOrg, aPass } from '../testing/fixtures'
import { expectSound } from '../testing/soundness'
import { type Refusal, returnJob } from './return-job'

const LOCKED: Refusal = { kind: 'locked', holder: 'eve' }
const REST = { firstSeconds: 5, maxSeconds: 60, silentTries: 3 }

/** The box refuses the current attempt. @returns for how many seconds it rests for this job from that moment on */
async function refuse({ db }: Ctx, jobId: JobId, why: Refusal): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const job = await tx
      .selectFrom('jobs')
      .select(['attempt', 'boxId'])
      .where('id', '=', jobId)
      .executeTakeFirstOrThrow()
    await returnJob(tx, { jobId, attempt: job.attempt }, why, REST)
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from until_at - now())::float8 as seconds from box_rests
      where job_id = ${jobId} and box_id = ${job.boxId}`.execute(tx)
    return rows[0]?.seconds ?? -1
  })
}

const endRests = ({ db }: Ctx, boxId: BoxId) =>
  db.updateTable('boxRests').set({ untilAt: sql`now()` }).where('boxId', '=', boxId).execute()

const jobOf = ({ db }: Ctx, id: JobId) =>
  db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('a box that refuses a job rests for it, twice as long each time up to the most; however often, the job does not fail', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  const { id } = await aJob(ctx)
  const rests: number[] = []
  for (let i = 0; i < 6; i++) {
    expect(await aPass(ctx)).toMatchObject([{ jobId: id, boxId, attempt: i + 1 }])
    rests.push(await refuse(ctx, id, LOCKED))
    expect(await aPass(ctx)).toEqual([])
    await endRests(ctx, boxId)
  }
  expect(rests).toEqual([5, 10, 20, 40, 60, 60])
  expect(await jobOf(ctx, id)).toMatchObject({ state: 'waiting_for_box', attempt: 6, failureClass: null })
  await expectSound(ctx)
})

test('a box rests for one job: it is free for others at once, and the job goes to another box', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const refusing = await aBox(ctx)
  const { id } = await aJob(ctx)
  await aPass(ctx)
  await refuse(ctx, id, LOCKED)
  const next = await aJob(ctx)
  expect(await aPass(ctx)).toMatchObject([{ jobId: next.id, boxId: refusing }])
  const other = await aBox(ctx)
  expect(await aPass(ctx)).toMatchObject([{ jobId: id, boxId: other, attempt: 2 }])
  await expectSound(ctx)
})

test('past the dispatch limit the job goes on to the next box; three silent tries in all fail it, refusals do not count', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxes = [await aBox(ctx), await aBox(ctx)]
  const { id } = await aJob(ctx)
  await aPass(ctx)
  await returnUnclaimed(t.db, 120, REST)
  expect(await jobOf(ctx, id)).toMatchObject({ state: 'dispatching', attempt: 1 }) // the limit has not passed
  const silence = async () => {
    await t.db
      .updateTable('attempts')
      .set({ placedAt: sql`now() - interval '121 seconds'` })
      .where('phase', '=', 'placed')
      .execute()
    await returnUnclaimed(t.db, 120, REST)
  }
  await silence()
  const first = (await t.db.selectFrom('attempts').select('boxId').executeTakeFirstOrThrow()).boxId
  expect(await aPass(ctx)).toMatchObject([{ attempt: 2, boxId: boxes.find((box) => box !== first) }])
  await refuse(ctx, id, LOCKED)
  await endRests(ctx, first)
  expect(await aPass(ctx)).toMatchObject([{ attempt: 3, boxId: first }])
  await silence()
  expect(await jobOf(ctx, id)).toMatchObject({ state: 'waiting_for_box' })
  for (const box of boxes) await endRests(ctx, box)
  expect(await aPass(ctx)).toMatchObject([{ attempt: 4 }])
  await silence()
  expect(await jobOf(ctx, id)).toMatchObject({
    ...{ state: 'failed', failureClass: 'dispatch' },
    error: 'No supervisor claimed the job in 3 tries: nothing claimed the attempt within 120 s',
  })
  expect(await aPass(ctx)).toEqual([])
  await expectSound(ctx)
})
