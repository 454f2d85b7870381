import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { claimAttempt } from '../attempts/claim-attempt'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { anEndedJob, withDeps } from '../testing/ended-job'
import { aBox, aJob, anOrg, aPass, IDENTITY, KEYS } from '../testing/fixtures'
import { cancelJob } from './cancel-job'
import { getJob } from './get-job'
import { getSubmission } from './get-submission'
import { rerunJob } from './rerun-job'
import { type Changes, type Submission, submissionSchema } from './submission'

const eventsOf = async (ctx: Ctx, id: JobId) =>
  await ctx.db
    .selectFrom('events')
    .select(['seq', 'type', 'actor', 'data'])
    .where('subject', '=', id)
    .orderBy('seq')
    .execute()

/** Every field of a submission, none at its default. */
const ALL = {
  name: 'soak',
  script: 'print("all")',
  args: ['--fast', ''],
  env: { RATE: '115200' },
  artifacts: { globs: ['out/*.csv'], lagerOutput: true },
  labels: { team: 'rf' },
  target: { box: 'bench' },
  requires: ['dut=nrf52840', 'net:UART>=2'],
  timeoutSeconds: 61,
  queueTimeoutSeconds: 62,
  graceSeconds: 3,
  noOutputTimeoutSeconds: 64,
} satisfies Partial<Submission>

test('as it is: the new job has every field of the old one, names it, and both say so in an event', async () => {
  const t = await testDb()
  await using _db = t
  const ctx = withDeps(await anOrg(t.db))
  await aBox(ctx, { name: 'bench' })
  const { id } = await aJob(ctx, ALL)
  await cancelJob(ctx, id, 'enough')
  const bob = { ...ctx, actor: 'user:bob' }
  const { id: again } = await rerunJob(bob, id, {})
  const { secrets: _, bundle: __, ...fields } = submissionSchema.parse(ALL)
  expect(await getSubmission(ctx, again)).toEqual({ ...fields, secretNames: [] })
  expect(Object.keys(await getSubmission(ctx, id)).sort()).toEqual([...Object.keys(fields), 'secretNames'].sort())
  expect(await getJob(ctx, again, '')).toMatchObject({
    state: 'queued',
    rerunOf: id,
    submittedBy: 'user:bob',
    attempt: 0,
  })
  expect(await getJob(ctx, id, '')).toMatchObject({ state: 'cancelled', rerunOf: null })
  const requestId = 'req-test'
  expect((await eventsOf(ctx, again)).at(-1)).toMatchObject({ type: 'submitted', data: { rerunOf: id, requestId } })
  expect((await eventsOf(ctx, id)).map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    '1 submitted',
    '2 cancel',
    '3 rerun',
  ])
  const told = { type: 'rerun', actor: 'user:bob', data: { jobId: again, name: 'soak', requestId } }
  expect((await eventsOf(ctx, id)).at(-1)).toMatchObject(told)
  expect(await t.db.selectFrom('bundles').select('sha256').execute()).toHaveLength(1)
})

const EDITS: [string, Changes][] = [
  ['name', { name: 'other' }],
  ['script', { script: 'print("other")' }],
  ['args', { args: [] }],
  ['env', { env: {} }],
  ['artifacts', { artifacts: { globs: [], lagerOutput: false } }],
  ['labels', { labels: { team: 'fw' } }],
  ['target', { target: { any: true } }],
  ['requires', { requires: [] }],
  ['timeoutSeconds', { timeoutSeconds: 5 }],
  ['queueTimeoutSeconds', { queueTimeoutSeconds: 6 }],
  ['graceSeconds', { graceSeconds: 0 }],
  ['noOutputTimeoutSeconds', { noOutputTimeoutSeconds: null }],
]

test('edited: a field that is given takes the place of the old one, and nothing else changes', async () => {
  const t = await testDb()
  await using _db = t
  const ctx = withDeps(await anOrg(t.db))
  await aBox(ctx, { name: 'bench' })
  const { id } = await aJob(ctx, ALL)
  await cancelJob(ctx, id, '')
  const before = await getSubmission(ctx, id)
  expect(EDITS.map(([field]) => field).sort()).toEqual(Object.keys(ALL).sort())
  for (const [field, changes] of EDITS) {
    const { id: again } = await rerunJob(ctx, id, changes)
    expect([field, await getSubmission(ctx, again)]).toEqual([field, { ...before, ...changes }])
  }
})

test('every secret is asked again: given, or left out by null; their values are those of the rerun alone', async () => {
  const { t, ctx, id, rerun } = await anEndedJob({ secrets: { PIN: 'hunter2!', KEY: 'hunter3!' } })
  await using _db = t
  await expect(rerun()).rejects.toMatchObject({
    ...{ status: 422, code: 'invalid' },
    issues: [{ path: 'secrets.KEY' }, { path: 'secrets.PIN', message: expect.stringContaining('null') }],
  })
  await expect(rerun({ secrets: { PIN: 'other-pin' } })).rejects.toMatchObject({ issues: [{ path: 'secrets.KEY' }] })
  expect(await t.db.selectFrom('jobs').select('id').execute()).toHaveLength(1)
  const again = await rerun({ secrets: { PIN: 'other-pin', KEY: null, NEW: 'new-one!' } })
  expect((await getJob(ctx, again, '')).secretNames).toEqual(['NEW', 'PIN'])
  await aBox(ctx)
  await aPass(ctx)
  const claimed = await claimAttempt(t.db, KEYS, { jobId: again, attempt: 1 }, 'nonce', IDENTITY)
  expect(claimed.secrets).toEqual({ PIN: 'other-pin', NEW: 'new-one!' })
  expect(JSON.stringify([await eventsOf(ctx, again), await eventsOf(ctx, id)])).not.toContain('other-pin')
})

const UNFIT: [string, Partial<Submission>, Changes, string][] = [
  ['a secret that stands in the kept environment', { env: { PIN: '1' } }, { secrets: { PIN: 'hunter2!' } }, 'secrets'],
  ['an entry point for a script', {}, { entry: 'run.py' }, 'entry'],
  ['two sources', {}, { script: '1', bundle: '0'.repeat(64) }, 'script'],
  ['a bundle that nobody has', {}, { bundle: '0'.repeat(64) }, 'bundle'],
  ['a box that nobody has', {}, { target: { box: 'nowhere' } }, 'target.box'],
]

test.each(UNFIT)('%s does not fit: 422 at the field, and nothing was made', async (_, submission, changes, path) => {
  const { t, ctx, id, rerun } = await anEndedJob(submission)
  await using _db = t
  await expect(rerun(changes)).rejects.toMatchObject({ status: 422, issues: [{ path }] })
  expect(await t.db.selectFrom('jobs').select('id').execute()).toHaveLength(1)
  expect(await eventsOf(ctx, id)).toHaveLength(2)
})

test('viewers may not, and to another organisation the job does not exist', async () => {
  const { t, ctx, id } = await anEndedJob()
  await using _db = t
  await expect(rerunJob({ ...ctx, role: 'viewer' }, id, {})).rejects.toMatchObject({ status: 403 })
  await expect(getSubmission({ ...ctx, role: 'viewer' }, id)).rejects.toMatchObject({ status: 403 })
  const eve = withDeps(await anOrg(t.db))
  await expect(rerunJob(eve, id, {})).rejects.toMatchObject({ status: 404 })
  await expect(getSubmission(eve, id)).rejects.toMatchObject({ status: 404 })
})
