import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { claimAttempt } from '../attempts/claim-attempt'
import { getAttempt } from '../attempts/control'
import { noteControl } from '../attempts/note-control'
import { recordExit } from '../attempts/record-exit'
import type { JobId } from '../ids'
import { aBox, aJob, anOrg, aPass, IDENTITY, KEYS, someoneWaitsForALock } from '../testing/fixtures'
import { cancelJob } from './cancel-job'
import { extendJob } from './extend-job'
import { getJob } from './get-job'
import { transition } from './transition'

async function aLabWith(state: 'queued' | 'dispatching' | 'running' | 'uploading_artifacts' | 'completed') {
  const t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const job = await aJob(ctx, { state, timeoutSeconds: 100 })
  const view = () => getJob(ctx, job.id, 'http://stout')
  const ref = { jobId: job.id, attempt: 1 }
  return { t, ctx, id: job.id, ref, view }
}

const secondsToRun = ({ startedAt, deadlineAt }: { startedAt: string | null; deadlineAt: string | null }) =>
  Math.round((Date.parse(deadlineAt ?? '') - Date.parse(startedAt ?? '')) / 1_000)

test('a waiting or dispatched job takes the new timeout when it starts', async () => {
  for (const state of ['queued', 'dispatching'] as const) {
    const { t, ctx, id, ref, view } = await aLabWith(state)
    await using _db = t
    await extendJob(ctx, id, 500)
    expect(await view()).toMatchObject({ timeoutSeconds: 500, deadlineAt: null, deadlinePending: false })
    if (state === 'queued') await aPass(ctx)
    await claimAttempt(t.db, KEYS, ref, 'nonce', IDENTITY)
    expect(secondsToRun(await view())).toBe(500)
    expect((await view()).deadlinePending).toBe(false)
  }
})

test('the deadline of a running job moves, and is pending until its supervisor has heard of it', async () => {
  const { t, ctx, id, ref, view } = await aLabWith('running')
  await using _db = t
  await extendJob(ctx, id, 500)
  expect(await view()).toMatchObject({ timeoutSeconds: 500, deadlinePending: true })
  expect(secondsToRun(await view())).toBe(500)
  const { controlVersion = 0 } = (await getAttempt(t.db, ref)) ?? {}
  await noteControl(t.db, ref, controlVersion - 1) // an older state
  expect((await view()).deadlinePending).toBe(true)
  await noteControl(t.db, ref, controlVersion)
  await noteControl(t.db, ref, controlVersion) // said twice
  expect((await view()).deadlinePending).toBe(false)
  await extendJob(ctx, id, 400)
  expect(await view()).toMatchObject({ timeoutSeconds: 400, deadlinePending: true })
  expect(await typesOf(ctx.db, id)).toEqual([
    ...['submitted', 'place', 'start', 'timeout_changed', 'timeout_in_force', 'timeout_changed'],
  ])
})

test('the same timeout twice, also by two people at once, is one change', async () => {
  const { t, ctx, id, ref } = await aLabWith('running')
  await using _db = t
  const bob = { ...ctx, actor: 'user:bob' }
  await Promise.all([extendJob(ctx, id, 500), extendJob(bob, id, 500), extendJob(ctx, id, 500)])
  expect(await getAttempt(t.db, ref)).toMatchObject({ controlVersion: 1 })
  expect((await typesOf(t.db, id)).filter((type) => type === 'timeout_changed')).toHaveLength(1)
})

test('a timeout that has passed already is refused and names what to do', async () => {
  const { t, ctx, id, view } = await aLabWith('running')
  await using _db = t
  await t.db
    .updateTable('attempts')
    .set({ claimedAt: new Date(Date.now() - 60_000) })
    .execute()
  await expect(extendJob(ctx, id, 30)).rejects.toMatchObject({ code: 'invalid', issues: [{ path: 'timeoutSeconds' }] })
  expect(await view()).toMatchObject({ timeoutSeconds: 100, deadlinePending: false })
})

test.each(['uploading_artifacts', 'completed'] as const)(
  'a script that has ended gets no more time: %s',
  async (state) => {
    const { t, ctx, id } = await aLabWith(state)
    await using _db = t
    await expect(extendJob(ctx, id, 500)).rejects.toMatchObject({ code: 'conflict' })
  },
)

test('an end by the old deadline says which time it was that ran out', async () => {
  for (const heard of [false, true]) {
    const { t, ctx, id, ref, view } = await aLabWith('running')
    await using _db = t
    await extendJob(ctx, id, 500)
    if (heard) await noteControl(t.db, ref, 1)
    await recordExit(t.db, ref, { exitCode: null, signal: 'SIGKILL', endedBy: 'deadline', durationMs: 100_000 })
    const error = heard ? 'Ran longer than 500 s.' : 'Ran out of time before its box knew that it may run 500 s.'
    expect(await view()).toMatchObject({ state: 'timed_out', error })
  }
})

/** What else may happen to a running job: done first and not committed, then the extension comes and has to wait for it. */
const RACES: [string, (tx: Parameters<typeof transition>[0], id: JobId) => Promise<unknown>, object][] = [
  ['a cancel', (tx, id) => transition(tx, id, { type: 'cancel', actor: 'user:bob' }), { state: 'cancelled' }],
  ['a timeout', (tx, id) => transition(tx, id, { type: 'expire', actor: 'sweep:deadline' }), { state: 'timed_out' }],
  ['its exit', (tx, id) => transition(tx, id, { type: 'exit', actor: 'box:x' }), { state: 'uploading_artifacts' }],
  [
    'the loss of its box',
    (tx, id) => transition(tx, id, { type: 'fail', actor: 'sweep:lost', set: { failureClass: 'box_lost' } }),
    { state: 'failed' },
  ],
  ['a retry', (tx, id) => transition(tx, id, { type: 'retry', actor: 'policy' }), { state: 'waiting_for_box' }],
]

test.each(RACES)('an extension meets %s that is being committed', async (_, happen, expected) => {
  const { t, ctx, id, ref, view } = await aLabWith('running')
  await using _db = t
  const first = await t.db.startTransaction().execute()
  await happen(first, id)
  const extension = extendJob(ctx, id, 500).then(
    () => 'extended',
    (error: { code: string }) => error.code,
  )
  await someoneWaitsForALock(t.db)
  await first.commit().execute()
  const waits = 'state' in expected && expected.state === 'waiting_for_box'
  expect(await extension).toBe(waits ? 'extended' : 'conflict')
  expect(await view()).toMatchObject({ ...expected, timeoutSeconds: waits ? 500 : 100 })
  expect(await getAttempt(t.db, ref)).toMatchObject({ controlVersion: 0 })
})

test('an exit and a cancel that come after an uncommitted extension find the job as they need it', async () => {
  for (const late of ['exit', 'cancel'] as const) {
    const { t, ctx, id, ref, view } = await aLabWith('running')
    await using _db = t
    const first = await t.db.startTransaction().execute()
    await first.selectFrom('jobs').select('id').where('id', '=', id).forUpdate().execute()
    const extension = extendJob(ctx, id, 500)
    await someoneWaitsForALock(t.db)
    const exit = { exitCode: 0, signal: null, endedBy: 'script' as const, durationMs: 1 }
    const then = late === 'exit' ? recordExit(t.db, ref, exit) : cancelJob(ctx, id, '')
    await first.commit().execute()
    await Promise.allSettled([extension, then])
    expect((await view()).state).toBe(late === 'exit' ? 'uploading_artifacts' : 'cancelled')
  }
})

async function typesOf(db: Parameters<typeof noteControl>[0], id: JobId): Promise<string[]> {
  const events = await db.selectFrom('events').select('type').where('subject', '=', id).orderBy('seq').execute()
  return events.map(({ type }) => type)
}
