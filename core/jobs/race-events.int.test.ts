import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { giveUpUploads } from '../artifacts/give-up-uploads'
import { claimAttempt } from '../attempts/claim-attempt'
import { closeReaped, finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import { releaseAttempt } from '../attempts/release-attempt'
import { aPass, IDENTITY, KEYS } from '../testing/fixtures'
import { meetAt, outcome } from '../testing/gate'
import { ANSWERS, added, said, VERB_NAMES, VERBS, type Verb } from '../testing/person-verbs'
import {
  aSituation,
  drain,
  jobOf,
  LATE,
  NONCE,
  passDeadline,
  passQueueDeadline,
  type Situation,
  WELL,
  type Where,
} from '../testing/situations'
import { expectSound, typesOf } from '../testing/soundness'
import { expireOverdue, failLost, giveUpOverdue, returnUnclaimed } from './sweep-jobs'
import { transition } from './transition'

const REST = { firstSeconds: 5, maxSeconds: 60, silentTries: 3 }

/** What may happen to a job while somebody cancels, reruns or extends it. */
type Race = {
  from: Where
  /** What else must be so before. */
  given?: (s: Situation) => Promise<unknown>
  happen: (s: Situation) => Promise<unknown>
  /** Where it leads when nobody interferes, and what it is answered. */
  to: Where
  said?: string
  /** The events that it adds then. */
  adds: string
  /** What it is answered after a cancel, and the events that it adds then. */
  cancelled: [said: string, adds: string]
  /** The same after an extension, where that makes a difference. */
  extended?: [said: string, adds: string, to: Where]
}

const RACES: Record<string, Race> = {
  'a pass places it': {
    ...{ from: 'queued', to: 'dispatching', adds: 'place', cancelled: ['ok', ''] },
    happen: ({ ctx }) => aPass(ctx),
  },
  'a pass leaves it waiting': {
    ...{ from: 'queued', to: 'waiting_for_box', adds: 'wait', cancelled: ['ok', ''] },
    given: ({ db, boxId }) => db.updateTable('boxes').set({ draining: true }).where('id', '=', boxId).execute(),
    happen: ({ ctx }) => aPass(ctx),
  },
  'its queue limit passes': {
    ...{ from: 'waiting_for_box', to: 'no_suitable_box', adds: 'give_up', cancelled: ['ok', ''] },
    given: passQueueDeadline,
    happen: ({ db }) => giveUpOverdue(db),
  },
  'its claim is granted': {
    ...{ from: 'dispatching', to: 'running', adds: 'start', cancelled: ['gone', ''] },
    happen: ({ db, ref }) => claimAttempt(db, KEYS, ref, NONCE, IDENTITY),
  },
  'another supervisor is refused': {
    ...{ from: 'running', to: 'running', said: 'conflict', adds: '', cancelled: ['conflict', ''] },
    happen: ({ db, ref }) => claimAttempt(db, KEYS, ref, 'another nonce', IDENTITY),
  },
  'another box is refused': {
    ...{ from: 'dispatching', to: 'waiting_for_box', said: 'conflict', adds: 'return attempt_closed' },
    cancelled: ['gone', ''],
    given: ({ db, boxId }) => db.updateTable('boxes').set({ lagerBoxId: 'bench-7' }).where('id', '=', boxId).execute(),
    happen: ({ db, ref }) => claimAttempt(db, KEYS, ref, NONCE, IDENTITY),
  },
  'its secrets cannot be read': {
    ...{ from: 'dispatching', to: 'failed', said: 'gone', adds: 'fail attempt_closed', cancelled: ['gone', ''] },
    given: ({ db, ref }) => sql`update job_secrets set sealed = 'broken' where job_id = ${ref.jobId}`.execute(db),
    happen: ({ db, ref }) => claimAttempt(db, KEYS, ref, NONCE, IDENTITY),
  },
  'nobody claims it in time': {
    ...{ from: 'dispatching', to: 'waiting_for_box', adds: 'return attempt_closed', cancelled: ['ok', ''] },
    happen: ({ db }) => returnUnclaimed(db, 0, REST),
  },
  'nobody claims it at its last try': {
    ...{ from: 'dispatching', to: 'failed', adds: 'fail attempt_closed', cancelled: ['ok', ''] },
    happen: ({ db }) => returnUnclaimed(db, 0, { ...REST, silentTries: 1 }),
  },
  'its script ends': {
    ...{ from: 'running', to: 'uploading_artifacts', adds: 'exit', cancelled: ['ok', 'attempt_exited'] },
    happen: ({ db, ref }) => recordExit(db, ref, WELL),
  },
  'its supervisor ends it by the clock that it knows': {
    ...{ from: 'running', to: 'timed_out, has exited', adds: 'expire', cancelled: ['ok', 'attempt_exited'] },
    happen: ({ db, ref }) => recordExit(db, ref, LATE),
  },
  'the sweep finds it out of time': {
    ...{ from: 'running', to: 'timed_out', adds: 'expire', cancelled: ['ok', ''], extended: ['ok', '', 'running'] },
    given: passDeadline,
    happen: ({ db }) => expireOverdue(db, 12),
  },
  'its box is lost': {
    ...{ from: 'running', to: 'failed, drains', adds: 'fail', cancelled: ['ok', ''] },
    happen: ({ db, ref }) => failLost(db, ref, 'no contact'),
  },
  'a reap finds its box quiet': {
    ...{ from: 'running', to: 'failed', adds: 'fail attempt_closed', cancelled: ['ok', 'attempt_closed'] },
    happen: ({ db, ref }) => closeReaped(db, ref, 'the supervisor is gone', {}),
  },
  'its box is released by hand': {
    ...{ from: 'running', to: 'failed', adds: 'fail attempt_closed', cancelled: ['ok', 'attempt_closed'] },
    given: async (s) => {
      await passDeadline(s)
      await sql`update log_heads set last_heard_at = now() - interval '1 minute' where job_id = ${s.ref.jobId}`.execute(
        s.db,
      )
    },
    happen: ({ ctx, ref, boxId }) => releaseAttempt(ctx, boxId, { reason: 'unplugged', jobId: ref.jobId }),
  },
  'it is to be tried again': {
    ...{ from: 'running', to: 'waiting_for_box', adds: 'retry', cancelled: ['conflict', ''] },
    happen: ({ db, ref }) =>
      db.transaction().execute((tx) => transition(tx, ref.jobId, { type: 'retry', actor: 'policy', attempt: 1 })),
  },
  'its files are kept and its box is quiet': {
    ...{ from: 'uploading_artifacts', to: 'completed', adds: 'complete attempt_closed' },
    cancelled: ['ok', 'attempt_closed'],
    happen: ({ db, ref }) => finishAttempt(db, ref, 0, []),
  },
  'a reap closes what has exited': {
    ...{ from: 'uploading_artifacts', to: 'completed', adds: 'complete attempt_closed' },
    cancelled: ['ok', 'attempt_closed'],
    happen: ({ db, ref }) => closeReaped(db, ref, 'the supervisor is gone', {}),
  },
  'its uploads are given up': {
    ...{ from: 'uploading_artifacts', to: 'failed', adds: 'fail', cancelled: ['ok', ''] },
    given: stickUploads,
    happen: ({ db }) => giveUpUploads(db, 900, 12),
  },
  'what was cancelled exits': {
    ...{ from: 'cancelled, drains', to: 'cancelled, has exited', adds: 'attempt_exited' },
    cancelled: ['ok', 'attempt_exited'],
    happen: ({ db, ref }) => recordExit(db, ref, WELL),
  },
  'what was cancelled is quiet': {
    ...{ from: 'cancelled, has exited', to: 'cancelled', adds: 'attempt_closed', cancelled: ['ok', 'attempt_closed'] },
    happen: ({ db, ref }) => finishAttempt(db, ref, 0, []),
  },
}

async function stickUploads({ db, ctx, ref }: Situation): Promise<void> {
  const [id, key] = [`art_${ref.jobId}`, `artifacts/${ref.jobId}`]
  await db.insertInto('storedObjects').values({ key, orgId: ctx.orgId, state: 'kept', uploadId: null }).execute()
  await sql`
    insert into artifacts (id, org_id, job_id, attempt, path, source, state, size_bytes, sha256, object_key)
    values (${id}, ${ctx.orgId}, ${ref.jobId}, 1, 'a.bin', 'artifacts', 'uploading', 1, ${'0'.repeat(64)}, ${key})`.execute(
    db,
  )
  await sql`insert into box_api_presence (listening_since_at, last_beat_at) values (now() - interval '1 hour', now())
    on conflict (only_row) do update set listening_since_at = excluded.listening_since_at, last_beat_at = now()`.execute(
    db,
  )
  await sql`update attempts set exited_at = now() - interval '1 hour' where job_id = ${ref.jobId}`.execute(db)
}

const stateOf = (where: Where) => where.split(',')[0]
const CANCELS = (where: Where) => ANSWERS[where].cancel.startsWith('cancel')

/** The verb was there first: what the event is answered then, what it adds, and the state in the end. */
function afterVerb(race: Race, verb: Verb): [string, string, string | undefined] {
  if (verb === 'cancel' && CANCELS(race.from)) return [...race.cancelled, 'cancelled']
  if (verb === 'extend' && race.extended) return [race.extended[0], race.extended[1], stateOf(race.extended[2])]
  return [race.said ?? 'ok', race.adds, stateOf(race.to)]
}

/** The event was there first. A rerun that came meanwhile has read before whether the job is over. */
function afterEvent(race: Race, verb: Verb, meanwhile: boolean): [string, string | undefined] {
  const answer = ANSWERS[verb === 'rerun' && meanwhile ? race.from : race.to][verb]
  return [answer, verb === 'cancel' && CANCELS(race.to) ? 'cancelled' : stateOf(race.to)]
}

/** In words, so that a failure shows which of the four it was. */
type Ran = { verb: Verb; order: string; told: string[]; types: string[]; state: string | undefined }

test.each(Object.entries(RACES))('%s', async (_, race) => {
  await using t = await testDb()
  for (const verb of VERB_NAMES) {
    for (const order of ['verb, event', 'event, verb', 'verb, event meanwhile', 'event, verb meanwhile']) {
      const s = await aSituation(t.db, race.from)
      await race.given?.(s)
      const { jobId } = s.ref
      const before = await typesOf(t.db, jobId)
      const calls = [() => VERBS[verb](s, 'user:bob'), () => race.happen(s)] as const
      const [first, second] = order.startsWith('verb') ? calls : [calls[1], calls[0]]
      const told = order.endsWith('meanwhile')
        ? await meetAt(t.db, jobId, first, second)
        : [await outcome(first()), await outcome(second())]
      const types = (await typesOf(t.db, jobId)).slice(before.length)
      const ran: Ran = { verb, order, told, types, state: (await jobOf(t.db, s.ref)).state }
      expect(ran).toEqual(expected(race, verb, order))
      await expectSound(s.ctx)
      await drain(s)
      await expectSound(s.ctx)
      expect(await t.db.selectFrom('leases').selectAll().where('jobId', '=', jobId).execute()).toEqual([])
    }
  }
})

function expected(race: Race, verb: Verb, order: string): Ran {
  if (order.startsWith('verb')) {
    const answer = ANSWERS[race.from][verb]
    const [toldEvent, adds, state] = afterVerb(race, verb)
    return { verb, order, told: [said(answer), toldEvent], types: [...added(answer), ...added(adds)], state }
  }
  const [answer, state] = afterEvent(race, verb, order.endsWith('meanwhile'))
  return { verb, order, told: [race.said ?? 'ok', said(answer)], types: [...added(race.adds), ...added(answer)], state }
}
