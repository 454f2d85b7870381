import { claimAttempt } from '../core/attempts/claim-attempt'
import { findSilent } from '../core/attempts/find-silent'
import { findUndispatched } from '../core/attempts/find-undispatched'
import { closeReaped, finishAttempt } from '../core/attempts/finish-attempt'
import { findClosedOn } from '../core/attempts/on-box'
import { beat } from '../core/attempts/presence'
import { recordExit } from '../core/attempts/record-exit'
import type { AttemptRef } from '../core/attempts/tokens'
import { listBoxEvents } from '../core/boxes/list-box-events'
import { listBoxes } from '../core/boxes/list-boxes'
import { channels } from '../core/channels/open-channel'
import { loadShipped } from '../core/channels/shipped'
import type { Ctx } from '../core/context'
import { listEvents } from '../core/events/list-events'
import type { BoxId, JobId } from '../core/ids'
import { cancelJob } from '../core/jobs/cancel-job'
import { getJob } from '../core/jobs/get-job'
import { listJobs } from '../core/jobs/list-jobs'
import { JOB_STATES } from '../core/jobs/state'
import { submissionSchema } from '../core/jobs/submission'
import { submitJob } from '../core/jobs/submit-job'
import {
  expireOverdue,
  failLost,
  giveUpOverdue,
  orgsThatWait,
  orgsWithRestedBoxes,
  returnUnclaimed,
} from '../core/jobs/sweep-jobs'
import { appendBatches } from '../core/logs/append-lines'
import { readLines } from '../core/logs/read-lines'
import { takeLogToPack } from '../core/logs/take-log-to-pack'
import { drainLevel, liveJobs, outboxLevel, queueLevels } from '../core/operations/levels'
import { orgsToPlace, placeJobs, requestPlacement } from '../core/placement/place-jobs'
import { removeOldArtifacts, removeOldJobs, removeOldLogs } from '../core/retention/remove-old'
import { aBatch } from '../core/testing/batches'
import { IDENTITY, KEYS, NO_STORE } from '../core/testing/fixtures'
import { unpackedLogs } from '../core/testing/logs'
import { type Db, openDatabase } from '../db/client'
import type { AttemptPhase } from '../db/schema'
import { openLog } from '../worker/log'
import { relayBatch } from '../worker/relay'
import { boxInspections } from '../worker/sweeps/inspect-boxes'
import { probeDueBoxes } from '../worker/sweeps/probe-boxes'
import { type Explained, explainingDb } from './explain'

export type Ran = { verb: string; statements: Explained[] }
type Verb = [name: string, run: () => Promise<unknown>]

const ORG = 'org_fill1'
const LIMITS = { maxBytes: 1e9, maxLines: 1e9 }
const REST = { firstSeconds: 5, maxSeconds: 60, silentTries: 3 }
const PAGE = { limit: 50 }
const OLD = { orgId: ORG, days: 300 } as const
/** Statements that speak of the session and not of data. */
const NO_DATA = /pg_notify|pg_try_advisory|pg_advisory/

/** Runs what the product asks of a filled database (see fill.ts), each verb once, and returns each with its statements. */
export async function runVerbs(databaseUrl: string): Promise<Ran[]> {
  let told: Explained[] = []
  const db = explainingDb(databaseUrl, (explained) => told.push(explained))
  const ctx: Ctx = { db, orgId: ORG, role: 'owner', actor: 'user:user_fill1u1', requestId: 'bench' }
  await using plain = openDatabase(databaseUrl, { name: 'bench', maxConnections: 2 })
  const ran: Ran[] = []
  try {
    for (const [verb, run] of [...(await lists(ctx, plain)), ...sweeps(db), ...placement(db), ...life(ctx, plain)]) {
      told = []
      await run()
      ran.push({ verb, statements: told.filter(({ text }) => !NO_DATA.test(text)) })
    }
  } finally {
    await db.destroy()
  }
  return ran
}

/** What people ask for. */
async function lists(ctx: Ctx, plain: Db): Promise<Verb[]> {
  const ofOrg = plain.selectFrom('jobs').select(['id', 'boxId', 'attempt']).where('orgId', '=', ORG)
  const some = await ofOrg.where('state', '=', 'running').limit(1).executeTakeFirstOrThrow()
  const old = await ofOrg.orderBy('id').offset(1_000).limit(1).executeTakeFirstOrThrow()
  const boxId = some.boxId as BoxId
  const list = (query: Partial<Parameters<typeof listJobs>[1]>) => () => listJobs(ctx, { ...PAGE, ...query }, '')
  return [
    ['list jobs', list({})],
    ['list jobs: far back', list({ cursor: old.id })],
    ...JOB_STATES.map((state): Verb => [`list jobs: ${state}`, list({ state: [state] })]),
    ['list jobs: those that wait', list({ state: ['queued', 'waiting_for_box'] })],
    ['list jobs: those that failed', list({ state: ['failed', 'timed_out', 'no_suitable_box'] })],
    ['list jobs: far back, of a state', list({ state: ['timed_out'], cursor: old.id })],
    ['list jobs: of a box', list({ boxId })],
    ['list jobs: of a box, of a state', list({ boxId, state: ['no_suitable_box'] })],
    ...searches({ boxId, old: old.id }).map(([name, query]): Verb => [`search: ${name}`, list(query)]),
    ['get a job', () => getJob(ctx, some.id, '')],
    ['events of a job', () => listEvents(ctx, some.id, PAGE)],
    ['lines of a log', () => readLines(unpackedLogs(ctx.db), { jobId: some.id, attempt: some.attempt }, 5, 1_000)],
    ['list boxes', () => listBoxes(ctx, PAGE)],
    ['events of a box', () => listBoxEvents(ctx, boxId, PAGE)],
    ['an attempt that is over', () => findClosedOn(ctx.db, boxId, { jobId: some.id, attempt: some.attempt })],
  ]
}

/** What is common, what is rare, what stands far back, and what is nowhere. */
function searches({ boxId, old }: { boxId: BoxId; old: JobId }): [string, Partial<Parameters<typeof listJobs>[1]>][] {
  const [month, day] = [new Date(Date.now() - 30 * 86_400_000), new Date(Date.now() - 86_400_000)]
  return [
    ['a common word', { text: 'test' }],
    ['a word of some', { text: 'test 137' }],
    ['a word of a few, far back', { text: '137 exited', cursor: old }],
    ['a word that is nowhere', { text: 'zyzzyva' }],
    ['two letters', { text: 'zy' }],
    ['a common word, of a rare state', { text: 'exited', state: ['no_suitable_box'] }],
    ['the name of a box', { text: 'box17' }],
    ['a common label', { label: ['suite'] }],
    ['a label', { label: ['suite=s7'] }],
    ['a label that is nowhere', { label: ['suite=none'] }],
    ['a label, far back, of a state', { label: ['suite=s7'], state: ['timed_out'], cursor: old }],
    ['a submitter', { submittedBy: 'user:user_fill1u1' }],
    ['a submitter, of a state', { submittedBy: 'user:user_fill1u1', state: ['no_suitable_box'] }],
    ['a submitter who is nowhere', { submittedBy: 'user:nobody' }],
    ['a group', { group: 'group_fill1g1' }],
    ['a box and a word', { boxId, text: 'exited' }],
    ['a day', { createdAfter: month, createdBefore: new Date(month.getTime() + 86_400_000) }],
    ['a day, and a word that is not in it', { createdAfter: day, text: 'zyzzyva' }],
    ['all of it', { text: 'test', label: ['suite=s7'], state: ['failed'], boxId, createdAfter: month }],
  ]
}

function sweeps(db: Db): Verb[] {
  const channelTo = channels(db, KEYS, loadShipped('box/supervisor', null))
  const boxes = { db, channelTo, keys: KEYS, boxApiUrl: 'http://127.0.0.1:9', installation: 'bench', everySeconds: 10 }
  return [
    ['presence', () => beat(db)],
    ['queue limit', () => giveUpOverdue(db)],
    ['dispatch limit', () => returnUnclaimed(db, 3_600, REST)],
    ['deadlines', () => expireOverdue(db, 12)],
    ['silent attempts', () => findSilent(db, 25)],
    ['organisations that wait', () => orgsThatWait(db)],
    ['rests that ended', () => orgsWithRestedBoxes(db, 2)],
    ['placements left lying', () => findUndispatched(db)],
    ['passes left undone', () => orgsToPlace(db)],
    ['due probes', () => probeDueBoxes(boxes)],
    ['due inspections', () => boxInspections({ ...boxes, log: openLog('silent'), callBacks: [] })()],
    ['retention: jobs', () => removeOldJobs(db, OLD)],
    ['retention: logs', () => removeOldLogs(db, OLD)],
    ['retention: artifacts', () => removeOldArtifacts(db, OLD)],
    ['logs to pack', () => takeLogToPack(db, 3_600)],
    ['metrics', () => Promise.all([queueLevels(db, 50), liveJobs(db), drainLevel(db), outboxLevel(db)])],
    ['relay', () => relayBatch(db, async () => undefined)],
  ]
}

function placement(db: Db): Verb[] {
  const pass = async () => {
    await requestPlacement(db, [ORG])
    await placeJobs(db, ORG, () => undefined)
  }
  return [
    ['placement with free boxes', pass],
    ['placement without', pass],
  ]
}

/** Jobs from their submission to their ends: one completes, one is lost, one is cancelled. */
function life(ctx: Ctx, plain: Db): Verb[] {
  const { db } = ctx
  const at = async (phase: AttemptPhase, rank = 0): Promise<AttemptRef> => {
    const ofPhase = plain.selectFrom('attempts').select(['jobId', 'attempt']).where('phase', '=', phase)
    return await ofPhase.where('orgId', '=', ORG).orderBy('jobId').offset(rank).limit(1).executeTakeFirstOrThrow()
  }
  const claimed = async () => ({ ...(await at('claimed')), batch: aBatch(21, ['one', 'two']) })
  const exit = { exitCode: 0, signal: null, endedBy: 'script' as const, durationMs: 5 }
  return [
    [
      'submit',
      () => submitJob({ ...ctx, keys: KEYS, store: NO_STORE }, submissionSchema.parse({ script: 'print(1)' })),
    ],
    ['claim', async () => claimAttempt(db, KEYS, await at('placed'), 'nonce', IDENTITY)],
    ['append lines', async () => appendBatches(db, [await claimed()], LIMITS)],
    ['cancel', async () => cancelJob(ctx, (await at('claimed', 1)).jobId, '')],
    ['exit', async () => recordExit(db, await at('claimed'), exit)],
    ['done', async () => finishAttempt(db, await at('exited'), 0, [])],
    ['fail lost', async () => failLost(db, await at('claimed', 2), 'lost')],
    ['close reaped', async () => closeReaped(db, await at('claimed', 2), 'gone', {})],
  ]
}
