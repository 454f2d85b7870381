import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { IllegalTransition, StaleAttempt } from '../errors'
import { type JobEventType, TRANSITIONS } from '../jobs/state'
import { transition } from '../jobs/transition'
import { aBox, aJob, anOrg, aPass } from '../testing/fixtures'
import { placeJobs, requestPlacement } from './place-jobs'

test('placement from many processes at once never makes two leases for a slot, and leaves nothing lying', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  for (let i = 0; i < 5; i++) await aBox(ctx, { slots: 2 })
  const jobs = []
  for (let i = 0; i < 14; i++) jobs.push(await aJob(ctx))
  const place = async () => {
    await requestPlacement(t.db, [ctx.orgId])
    await placeJobs(t.db, ctx.orgId, () => undefined)
  }
  await Promise.all(Array.from({ length: 8 }, place))
  const leases = await t.db.selectFrom('leases').selectAll().execute()
  expect(leases).toHaveLength(10)
  expect(new Set(leases.map((lease) => lease.jobId)).size).toBe(10)
  const org = await t.db.selectFrom('orgs').selectAll().executeTakeFirstOrThrow()
  expect(org.placementDoneSeq).toBe(org.placementRequestedSeq)
  const waiting = await t.db.selectFrom('jobs').select('id').where('state', '=', 'waiting_for_box').execute()
  expect(waiting).toHaveLength(4)
})

test('a lease that is taken already fails the whole pass: the primary key is the last word', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  await aJob(ctx, { state: 'dispatching' })
  const twin = t.db
    .insertInto('leases')
    .values({ boxId, slot: 0, orgId: ctx.orgId, reservationId: 'r', jobId: null, attempt: null })
  await expect(twin.execute()).rejects.toThrow('leases_pkey')
})

test("random sequences of events on a real row: only the table's steps happen, each with one event of its own", async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const types = Object.keys(TRANSITIONS) as JobEventType[]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...types), { maxLength: 8 }), async (events) => {
      const job = await aJob(ctx)
      let { state } = job
      const seen = ['submitted']
      for (const type of events) {
        const step = t.db.transaction().execute((tx) => transition(tx, job.id, { type, actor: 'test' }))
        const legal = (TRANSITIONS[type].from as readonly string[]).includes(state)
        if (!legal) await expect(step).rejects.toBeInstanceOf(IllegalTransition)
        else {
          state = (await step).state
          seen.push(type)
          expect(state).toBe(TRANSITIONS[type].to)
        }
      }
      const rows = await t.db
        .selectFrom('events')
        .select(['type', 'seq'])
        .where('subject', '=', job.id)
        .orderBy('seq')
        .execute()
      expect(rows).toEqual(seen.map((type, i) => ({ type, seq: i + 1 })))
    }),
    { numRuns: 25 },
  )
})

test('an older attempt is fenced out', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const job = await aJob(ctx, { state: 'dispatching' })
  const stale = t.db.transaction().execute((tx) => transition(tx, job.id, { type: 'start', actor: 'box', attempt: 7 }))
  await expect(stale).rejects.toBeInstanceOf(StaleAttempt)
  expect(await aPass(ctx)).toEqual([])
})

test('a job that comes after others of its kind leaves `queued` with them, and its reasons are known', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  await aJob(ctx, { state: 'dispatching' })
  for (let i = 0; i < 2; i++) {
    await aJob(ctx)
    await aPass(ctx)
  }
  const states = await t.db.selectFrom('jobs').select('state').orderBy('id').execute()
  expect(states.map((job) => job.state)).toEqual(['dispatching', 'waiting_for_box', 'waiting_for_box'])
  const [reasons] = await t.db.selectFrom('waitReasons').select('reasons').execute()
  expect(reasons?.reasons[0]?.code).toBe('box_leased')
})
