import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { meetAt, outcome } from '../testing/gate'
import { ANSWERS, added, said, VERB_NAMES, VERBS, type Verb } from '../testing/person-verbs'
import { aSituation, drain, jobOf, SITUATIONS, type Situation, type Where } from '../testing/situations'
import { expectSound, typesOf } from '../testing/soundness'

/** Where the job is after the verb, by its row in the table of answers. */
function after(where: Where, verb: Verb): Where {
  if (verb !== 'cancel' || ANSWERS[where].cancel === 'refused' || where.startsWith('cancelled')) return where
  if (where === 'running') return 'cancelled, drains'
  return where === 'uploading_artifacts' ? 'cancelled, has exited' : 'cancelled'
}

/** What a verb is answered when another one was there before it: the same timeout again changes nothing. */
function answerAfter(where: Where, before: Verb, verb: Verb): string {
  const answer = ANSWERS[after(where, before)][verb]
  return before === 'extend' && verb === 'extend' && answer !== 'refused' ? '' : answer
}

async function expectEnd(s: Situation): Promise<void> {
  await expectSound(s.ctx)
  await drain(s)
  await expectSound(s.ctx)
  expect(await s.db.selectFrom('leases').selectAll().where('jobId', '=', s.ref.jobId).execute()).toEqual([])
}

const stateOf = (where: Where) => where.split(',')[0]

test('the table knows every state of a job', async () => {
  const { JOB_STATES } = await import('./state')
  expect([...new Set(SITUATIONS.map(stateOf))]).toEqual(JOB_STATES)
})

test.each(SITUATIONS)('%s: cancel, rerun and extend, once', async (where) => {
  await using t = await testDb()
  for (const verb of VERB_NAMES) {
    const s = await aSituation(t.db, where)
    expect([verb, (await jobOf(t.db, s.ref)).state]).toEqual([verb, stateOf(where)])
    const before = await typesOf(t.db, s.ref.jobId)
    const answer = ANSWERS[where][verb]
    expect([verb, await outcome(VERBS[verb](s))]).toEqual([verb, said(answer)])
    expect([verb, await typesOf(t.db, s.ref.jobId)]).toEqual([verb, [...before, ...added(answer)]])
    expect([verb, (await jobOf(t.db, s.ref)).state]).toEqual([verb, stateOf(after(where, verb))])
    await expectEnd(s)
  }
})

test.each(SITUATIONS)('%s: each verb after each other one, and twice', async (where) => {
  await using t = await testDb()
  for (const first of VERB_NAMES) {
    for (const second of VERB_NAMES) {
      const s = await aSituation(t.db, where)
      const before = await typesOf(t.db, s.ref.jobId)
      const answers = [ANSWERS[where][first], answerAfter(where, first, second)]
      const told = [await outcome(VERBS[first](s)), await outcome(VERBS[second](s))]
      expect([first, second, ...told]).toEqual([first, second, ...answers.map(said)])
      const types = [...before, ...answers.flatMap(added)]
      expect([first, second, await typesOf(t.db, s.ref.jobId)]).toEqual([first, second, types])
      await expectEnd(s)
    }
  }
})

test.each(SITUATIONS)('%s: two people at once, each verb beside each other one', async (where) => {
  await using t = await testDb()
  for (const first of VERB_NAMES) {
    for (const second of VERB_NAMES) {
      const s = await aSituation(t.db, where)
      const { jobId } = s.ref
      const before = await typesOf(t.db, jobId)
      const told = await meetAt(
        t.db,
        jobId,
        () => VERBS[first](s, 'user:ada'),
        () => VERBS[second](s, 'user:bob'),
      )
      // whether a job is over, a rerun has read before the other one was done
      const late = second === 'rerun' ? ANSWERS[where].rerun : answerAfter(where, first, second)
      const answers = [ANSWERS[where][first], late]
      expect([first, second, ...told]).toEqual([first, second, ...answers.map(said)])
      expect([first, second, await typesOf(t.db, jobId)]).toEqual([
        ...[first, second],
        [...before, ...answers.flatMap(added)],
      ])
      expect([first, second, (await jobOf(t.db, s.ref)).state]).toEqual([
        ...[first, second],
        stateOf(after(after(where, first), second)),
      ])
      await expectEnd(s)
    }
  }
})
