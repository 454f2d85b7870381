import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { closeReaped, finishAttempt } from '../attempts/finish-attempt'
import { someoneWaitsForALock } from '../testing/fixtures'
import { aJobWithFiles, send, wanted } from '../testing/uploads'
import { settleArtifacts } from './settle-artifacts'
import { skipFiles } from './skip-files'

type Files = Awaited<ReturnType<typeof aJobWithFiles>>

const jobOf = ({ db, ref }: Files) =>
  db.selectFrom('jobs').selectAll().where('id', '=', ref.jobId).executeTakeFirstOrThrow()
const unsent = (path: string, state: 'skipped' | 'failed') => ({
  ...{ path, state, source: 'artifacts' as const, sizeBytes: 1, why: 'it keeps changing' },
})

test('what was never confirmed has failed at the close, and fails the job; its object goes', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  await j.begin(wanted('begun', 'x'))
  await finishAttempt(j.db, j.ref, 0, [])
  expect(await jobOf(j)).toMatchObject({
    ...{ state: 'failed', failureClass: 'artifacts', exitCode: 0 },
    error: 'One file was not kept: "begun" (its upload was never confirmed).',
  })
  expect(await j.states()).toEqual({ kept: 'uploaded', begun: 'failed' })
  expect((await j.objects()).map(({ state }) => state).sort()).toEqual(['deleting', 'kept'])
})

test('the first of many are named, and how many there are', async () => {
  await using j = await aJobWithFiles()
  await skipFiles(
    j.db,
    j.ref,
    ['a', 'b', 'c', 'd', 'e'].map((path) => unsent(path, 'failed')),
  )
  await finishAttempt(j.db, j.ref, 0, [])
  expect((await jobOf(j)).error).toBe(
    '5 files were not kept: "a" (it keeps changing); "b" (it keeps changing); "c" (it keeps changing); and 2 more.',
  )
})

test('skipped files fail nothing; a failed script stays a failed script, and says what was not kept besides', async () => {
  await using j = await aJobWithFiles()
  await skipFiles(j.db, j.ref, [unsent('a', 'skipped')])
  await finishAttempt(j.db, j.ref, 0, [])
  expect(await jobOf(j)).toMatchObject({ state: 'completed', error: null })

  await using other = await aJobWithFiles()
  await skipFiles(other.db, other.ref, [unsent('a', 'failed')])
  await sql`update attempts set exit_code = 3`.execute(other.db)
  await finishAttempt(other.db, other.ref, 0, [])
  expect(await jobOf(other)).toMatchObject({
    ...{ state: 'failed', failureClass: 'script' },
    error: 'The script exited with code 3. One file was not kept: "a" (it keeps changing).',
  })
})

test('a reap that found the exit, but not all files, ends the job by the same rule', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  await skipFiles(j.db, j.ref, [unsent('left', 'failed')])
  await closeReaped(j.db, j.ref, 'the supervisor is gone', {})
  expect(await jobOf(j)).toMatchObject({ state: 'failed', failureClass: 'artifacts' })
  const closed = await j.db.selectFrom('events').select('data').where('type', '=', 'attempt_closed').executeTakeFirst()
  expect(closed?.data).toMatchObject({ artifacts: { uploaded: 1, skipped: 0, failed: 1 } })
})

test('a confirmation that comes while the attempt closes is too late: nothing is half kept', async () => {
  await using j = await aJobWithFiles()
  const [begun] = await j.begin(wanted('a', 'x'))
  const sent = await send(begun, 'x')
  const closing = await j.db.startTransaction().execute()
  await closing.selectFrom('jobs').select('id').where('id', '=', j.ref.jobId).forUpdate().execute()
  const late = j.confirm(sent)
  await someoneWaitsForALock(j.db)
  await settleArtifacts(closing, j.ref)
  await closing
    .updateTable('attempts')
    .set({ phase: 'closed', closedAt: sql<Date>`now()`, closedBy: 'done' })
    .where('jobId', '=', j.ref.jobId)
    .execute()
  await closing.commit().execute()
  await expect(late).rejects.toMatchObject({ code: 'gone' })
  expect(await j.states()).toEqual({ a: 'failed' })
  expect(await j.objects()).toMatchObject([{ state: 'deleting' }])
})
