import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BegunFile } from '../core/artifacts/begin-uploads'
import type { JobId } from '../core/ids'
import { cancelJob } from '../core/jobs/cancel-job'
import { PART_BYTES, send, wanted } from '../core/testing/uploads'
import { aStoreProcess } from '../embedded/object-store/testing/store'
import { aClaim } from './testing/claimed'
import { aLab, type Lab } from './testing/lab'

const EXIT = { exitCode: 0, signal: null, endedBy: 'script', durationMs: 5 }

/** A claimed attempt whose supervisor says nothing more: the test speaks in its place. */
async function aSpeaker(lab: Lab) {
  const { id, token, supervisor } = await aClaim(lab)
  process.kill(supervisor, 'SIGSTOP')
  const url = `http://127.0.0.1:${lab.workerPort}/box/v1/attempts/${id}/1`
  const say = async (verb: string, body: object, bearer = token) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/${verb}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const told = (await answer.json()) as { files?: unknown[]; code?: string }
    return { ...told, status: answer.status, retryAfter: answer.headers.get('retry-after') }
  }
  const sendAll = async (files: Record<string, string | Buffer>) => {
    const told = await say('uploads', { files: Object.entries(files).map(([path, content]) => wanted(path, content)) })
    const begun = (told.files ?? []) as BegunFile[]
    const contents = Object.values(files)
    return { files: await Promise.all(begun.map((one, n) => send(one, contents[n] ?? ''))) }
  }
  return { id, token, say, sendAll, [Symbol.dispose]: () => process.kill(supervisor, 'SIGCONT') }
}

/** What the event of its close says of the job's artifacts. */
async function closingOf({ ctx }: Lab, id: JobId) {
  const events = await ctx.db.selectFrom('events').selectAll().where('subject', '=', id).execute()
  return events.find(({ type }) => type === 'attempt_closed')?.data
}

test('a supervisor sends files after the exit; afterwards they are final', async () => {
  await using lab = await aLab({ ARTIFACT_PART_BYTES: String(PART_BYTES) })
  using s = await aSpeaker(lab)
  expect(await s.say('uploads', { files: [wanted('early', 'x')] })).toMatchObject({ status: 409, code: 'conflict' })
  expect(await s.say('exit', EXIT)).toMatchObject({ status: 200 })
  expect(await s.say('uploads', { files: [wanted('a', 'x')] }, `${s.token}x`)).toMatchObject({ status: 401 })
  const small = wanted('a', 'x')
  for (const wrong of [
    { ...small, sha256: 'no' },
    { ...small, source: 'elsewhere' },
    { ...small, sizeBytes: -1 },
    { ...small, sizeBytes: PART_BYTES + 1, partSha256: [small.sha256] },
  ]) {
    expect([wrong, (await s.say('uploads', { files: [wrong] })).status]).toEqual([wrong, 400])
  }

  const files = { 'out/a.txt': 'hello', 'large.bin': randomBytes(2 * PART_BYTES + 5) }
  const sent = await s.sendAll(files)
  const sentBytes = Object.fromEntries(sent.files.map(({ artifactId }) => [artifactId, 2]))
  expect(await s.say('progress', { sentBytes })).toMatchObject({ status: 200 })
  const socket = { path: 'sock', source: 'glob', sizeBytes: null, state: 'skipped', why: 'it is a socket' }
  expect(await s.say('skipped', { files: [socket] })).toMatchObject({ status: 200 })
  expect(await s.say('uploaded', sent)).toMatchObject({ files: [{ state: 'uploaded' }, { state: 'uploaded' }] })
  expect(await s.say('done', { lastN: 0 })).toMatchObject({ status: 200 })
  expect(await lab.job(s.id)).toMatchObject({ state: 'completed' })
  expect(await closingOf(lab, s.id)).toMatchObject({ artifacts: { uploaded: 2, skipped: 1, failed: 0 } })
  for (const [verb, body] of [
    ['uploads', { files: [wanted('late', 'x')] }],
    ['uploaded', sent],
    ['skipped', { files: [socket] }],
    ['progress', { sentBytes }],
  ] as const) {
    expect(await s.say(verb, body), verb).toMatchObject({ status: 410, code: 'gone' })
  }
})

test('the store is away: the supervisor is told to try again, nothing fails, and once it is back the files are kept', async () => {
  await using store = await aStoreProcess()
  await using lab = await aLab({ ...store.env, ARTIFACT_PART_BYTES: String(PART_BYTES) })
  using s = await aSpeaker(lab)
  await s.say('exit', EXIT)
  const files = { a: 'x', b: randomBytes(PART_BYTES + 1) }
  const sent = await s.sendAll(files)
  await store.kill()
  const away = { status: 503, code: 'unavailable', retryAfter: '2' }
  expect(await s.say('uploads', { files: [wanted('c', randomBytes(PART_BYTES + 1))] })).toMatchObject(away)
  expect(await s.say('uploaded', sent)).toMatchObject(away)
  await store.start()
  const again = await s.sendAll({ c: 'another content by now' })
  expect(await s.say('uploaded', { files: [...sent.files, ...again.files] })).toMatchObject({
    files: Array(3).fill({ state: 'uploaded' }),
  })
  expect(await s.say('done', { lastN: 0 })).toMatchObject({ status: 200 })
  expect(await lab.job(s.id)).toMatchObject({ state: 'completed' })
})

test('a cancelled job keeps what its script had made', async () => {
  await using lab = await aLab()
  using s = await aSpeaker(lab)
  await cancelJob(lab.ctx, s.id, 'enough')
  await s.say('exit', { ...EXIT, exitCode: null, signal: 'SIGTERM', endedBy: 'cancel' })
  expect(await s.say('uploaded', await s.sendAll({ a: 'x' }))).toMatchObject({ files: [{ state: 'uploaded' }] })
  expect(await s.say('done', { lastN: 0 })).toMatchObject({ status: 200 })
  expect(await lab.job(s.id)).toMatchObject({ state: 'cancelled' })
  expect(await closingOf(lab, s.id)).toMatchObject({ artifacts: { uploaded: 1, skipped: 0, failed: 0 } })
})
