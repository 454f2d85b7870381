import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { controlState, getAttempt } from '../attempts/control'
import { finishAttempt } from '../attempts/finish-attempt'
import { beat } from '../attempts/presence'
import { cancelJob } from '../jobs/cancel-job'
import { aJobWithFiles, wanted } from '../testing/uploads'
import { giveUpUploads } from './give-up-uploads'
import { noteProgress } from './note-progress'

type Files = Awaited<ReturnType<typeof aJobWithFiles>>
/** Seconds since each instant. */
type Ages = { exited: number; progress: number | null; heard: number; listening: number; beat: number }

async function setAges({ db }: Files, ages: Ages): Promise<void> {
  const ago = (seconds: number) => sql`now() - ${seconds} * interval '1 second'`
  await beat(db)
  const progress = ages.progress === null ? sql`null` : ago(ages.progress)
  await sql`update attempts set exited_at = ${ago(ages.exited)}, upload_heard_at = ${progress}`.execute(db)
  await sql`update log_heads set last_heard_at = ${ago(ages.heard)}`.execute(db)
  await sql`update box_api_presence set listening_since_at = ${ago(ages.listening)}, last_beat_at = ${ago(ages.beat)}`.execute(
    db,
  )
}

const STUCK: Ages = { exited: 5_000, progress: 931, heard: 5, listening: 6_000, beat: 0 }
const jobOf = ({ db, ref }: Files) =>
  db.selectFrom('jobs').selectAll().where('id', '=', ref.jobId).executeTakeFirstOrThrow()

async function controlOf({ db, ref }: Files) {
  const attempt = await getAttempt(db, ref)
  return attempt && controlState(attempt, attempt.now)
}

test.each([
  ['no progress for the limit and 30 s', STUCK, 'failed'],
  ['some progress since', { ...STUCK, progress: 900 }, 'uploading_artifacts'],
  ['none ever, and the exit was told long ago', { ...STUCK, exited: 931, progress: null }, 'failed'],
  ['none ever, but the exit was told a moment ago', { ...STUCK, exited: 900, progress: null }, 'uploading_artifacts'],
  ['we have been listening again for a moment', { ...STUCK, listening: 900 }, 'uploading_artifacts'],
  ['nobody listens', { ...STUCK, beat: 60 }, 'uploading_artifacts'],
  ['its supervisor is not in contact', { ...STUCK, heard: 60 }, 'uploading_artifacts'],
])('uploads that do not move: %s', async (_, ages, state) => {
  await using j = await aJobWithFiles()
  await j.begin(wanted('a', 'x'))
  await setAges(j, ages)
  await giveUpUploads(j.db, 900, 12)
  expect((await jobOf(j)).state).toBe(state)
  const stop = state === 'failed' ? { reason: 'The upload of artifacts made no progress for 900 s.' } : null
  expect(await controlOf(j)).toMatchObject({ version: stop ? 1 : 0, stop, cancel: null })
})

test('the job fails once, as its artifacts or as its script; the supervisor then says done, and the files are final', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  await j.begin(wanted('stuck', 'x'))
  await setAges(j, STUCK)
  expect(await giveUpUploads(j.db, 900, 12)).toBe(1)
  expect(await giveUpUploads(j.db, 900, 12)).toBe(0)
  expect(await jobOf(j)).toMatchObject({ failureClass: 'artifacts', error: expect.stringContaining('no progress') })
  await finishAttempt(j.db, j.ref, 0, [])
  expect(await j.states()).toEqual({ kept: 'uploaded', stuck: 'failed' })

  await using other = await aJobWithFiles()
  await other.begin(wanted('stuck', 'x'))
  await sql`update attempts set exit_code = 3`.execute(other.db)
  await setAges(other, STUCK)
  await giveUpUploads(other.db, 900, 12)
  expect(await jobOf(other)).toMatchObject({
    failureClass: 'script',
    error: 'The script exited with code 3. The upload of artifacts made no progress for 900 s.',
  })
})

test('a job that waits for no file is not failed: its supervisor is told to stop, and the end decides', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  await setAges(j, STUCK)
  await giveUpUploads(j.db, 900, 12)
  expect(await controlOf(j)).toMatchObject({ stop: {} })
  await finishAttempt(j.db, j.ref, 0, [])
  expect(await jobOf(j)).toMatchObject({ state: 'completed' })
})

test('a cancelled job stays cancelled; its box gets free all the same', async () => {
  await using j = await aJobWithFiles()
  await j.begin(wanted('stuck', 'x'))
  await cancelJob(j.ctx, j.ref.jobId, 'enough')
  await setAges(j, STUCK)
  await giveUpUploads(j.db, 900, 12)
  expect(await jobOf(j)).toMatchObject({ state: 'cancelled', failureClass: null })
  expect(await controlOf(j)).toMatchObject({ stop: {} })
})

test('progress holds it off', async () => {
  await using j = await aJobWithFiles()
  const [begun] = await j.begin(wanted('a', 'xxxx'))
  await setAges(j, STUCK)
  await noteProgress(j.db, j.ref, { [begun?.artifactId ?? '']: 2 })
  expect(await giveUpUploads(j.db, 900, 12)).toBe(0)
})
