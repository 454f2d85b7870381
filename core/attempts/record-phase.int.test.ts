import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { cancelJob } from '../jobs/cancel-job'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { recordPhase } from './record-phase'

async function aClaimedJob() {
  const t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  const job = await aJob(ctx, { state: 'running' })
  const phases = async () =>
    await t.db
      .selectFrom('events')
      .select(['type', 'data', 'attempt', 'actor', 'state'])
      .where('subject', '=', job.id)
      .where('type', 'like', 'dependencies_%')
      .orderBy('seq')
      .execute()
  return { t, ctx, boxId, job, ref: { jobId: job.id, attempt: 1 }, phases }
}

test('phases of an attempt are events of its job, once each; the job stays what it is', async () => {
  const { t, boxId, ref, phases } = await aClaimedJob()
  await using _db = t
  const installed = { event: 'dependencies_installed', durationMs: 3210, cached: false } as const
  for (const phase of [{ event: 'dependencies_installing' } as const, installed]) {
    await recordPhase(t.db, ref, phase)
    await recordPhase(t.db, ref, phase)
  }
  const common = { attempt: 1, actor: `box:${boxId}`, state: null }
  expect(await phases()).toEqual([
    { type: 'dependencies_installing', data: {}, ...common },
    { type: 'dependencies_installed', data: { durationMs: 3210, cached: false }, ...common },
  ])
  const job = await t.db.selectFrom('jobs').select('state').where('id', '=', ref.jobId).executeTakeFirstOrThrow()
  expect(job.state).toBe('running')
})

test('a cancelled job still hears how its installation ended; a closed attempt is gone, an unclaimed one has no say', async () => {
  const { t, ctx, job, ref, phases } = await aClaimedJob()
  await using _db = t
  await cancelJob(ctx, job.id, '')
  await recordPhase(t.db, ref, { event: 'dependencies_failed', durationMs: 5, error: 'it was ended' })
  expect((await phases()).map(({ type }) => type)).toEqual(['dependencies_failed'])

  await aBox(ctx)
  const placed = await aJob(ctx, { state: 'dispatching' })
  const begin = { event: 'dependencies_installing' } as const
  await expect(recordPhase(t.db, { jobId: placed.id, attempt: 1 }, begin)).rejects.toMatchObject({ code: 'conflict' })
  await cancelJob(ctx, placed.id, '')
  await expect(recordPhase(t.db, { jobId: placed.id, attempt: 1 }, begin)).rejects.toMatchObject({ code: 'gone' })
  await expect(recordPhase(t.db, { jobId: placed.id, attempt: 2 }, begin)).rejects.toMatchObject({ code: 'not_found' })
})
