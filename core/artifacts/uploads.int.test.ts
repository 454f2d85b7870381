import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { abortUpload } from '../store/multipart'
import { aJob } from '../testing/fixtures'
import { aJobWithFiles, PART_BYTES, send, sha256Of, wanted } from '../testing/uploads'
import { beginUploads } from './begin-uploads'
import { noteProgress } from './note-progress'
import { skipFiles } from './skip-files'

test('a file is announced, sent and confirmed: path, size, hash, type, object and time are written down', async () => {
  await using j = await aJobWithFiles()
  const [begun] = await j.begin(wanted('out/report.json', '{"passed": 3}'))
  expect(begun).toMatchObject({ state: 'uploading', put: { headers: { 'content-type': 'application/json' } } })
  const sent = await send(begun, '{"passed": 3}')
  expect(await j.confirm(sent)).toEqual([{ artifactId: begun?.artifactId, state: 'uploaded' }])
  expect(await j.row(begun?.artifactId)).toMatchObject({
    ...{ path: 'out/report.json', source: 'artifacts', state: 'uploaded', sizeBytes: 13, sentBytes: 13 },
    ...{ sha256: sha256Of('{"passed": 3}'), contentType: 'application/json', uploadedAt: expect.any(Date) },
    objectKey: expect.stringMatching(new RegExp(`^${j.ctx.orgId}/artifacts/${j.ref.jobId}/1/`)),
  })
  expect(await j.objects()).toMatchObject([{ state: 'kept', uploadId: null }])
})

test('files of many kinds: empty, in parts, of the size of a part, with an odd name', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(2 * PART_BYTES + 1)
  const contents = { empty: '', 'parts.bin': large, 'one part': large.subarray(0, PART_BYTES), 'ä/ö 100%?#&+.txt': 'x' }
  for (const [path, content] of Object.entries(contents)) await j.upload(path, content)
  expect(await j.states()).toEqual(Object.fromEntries(Object.keys(contents).map((path) => [path, 'uploaded'])))
})

test('everything may be repeated: the same artifact, fresh URLs, one object', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(PART_BYTES + 9)
  const [first] = await j.begin(wanted('large', large))
  const [again] = await Promise.all([j.begin(wanted('large', large)), j.begin(wanted('large', large))])
  expect(again).toMatchObject([{ artifactId: first?.artifactId, state: 'uploading' }])
  const sent = await send(again?.[0], large)
  expect(await j.confirm(sent)).toMatchObject([{ state: 'uploaded' }])
  expect(await j.confirm(sent), 'its answer was lost').toMatchObject([{ state: 'uploaded' }])
  expect(await j.begin(wanted('large', large))).toEqual([{ artifactId: first?.artifactId, state: 'uploaded' }])
  expect(await j.objects()).toHaveLength(1)
})

test('the answer of the store to the last part was lost: the upload is completed once, and found complete', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(PART_BYTES + 9)
  const [begun] = await j.begin(wanted('large', large))
  const sent = await send(begun, large)
  const answers = await Promise.all([j.confirm(sent), j.confirm(sent)])
  expect(answers.flat()).toMatchObject([{ state: 'uploaded' }, { state: 'uploaded' }])
})

test('an upload in parts that the store has forgotten begins anew', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(PART_BYTES + 9)
  const sent = await send((await j.begin(wanted('large', large)))[0], large)
  for (const { key, uploadId } of await j.objects()) await abortUpload(j.store, key, uploadId ?? '')
  expect(await j.confirm(sent)).toMatchObject([{ state: 'uploading', problem: 'the store no longer has its parts' }])
  const [again] = await j.begin(wanted('large', large))
  expect(again?.artifactId).toBe(sent.artifactId)
  expect(await j.confirm(await send(again, large))).toMatchObject([{ state: 'uploaded' }])
})

test('what is not there as it was announced is not kept, and can be sent again', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(PART_BYTES + 9)
  const [small, parts] = await j.begin(wanted('small', 'abc'), wanted('large', large))
  const ids = [small, parts].map((begun) => ({ artifactId: begun?.artifactId ?? 'art_none' }))
  expect(await j.confirm(...ids)).toMatchObject([
    { state: 'uploading', problem: 'it is not in the store' },
    { state: 'uploading', problem: 'parts 1 to 2 are needed, each once' },
  ])
  const sent = await send(parts, large)
  const wrong = sent.parts?.map((part) => ({ ...part, etag: '"0123"' }))
  expect(await j.confirm({ ...sent, parts: wrong })).toMatchObject([
    { state: 'uploading', problem: expect.stringContaining('the store refused its parts') },
  ])
  expect(await j.confirm({ artifactId: 'art_unknown' })).toMatchObject([{ problem: 'there is no such artifact' }])
  await expect(send(small, 'abd'), 'other bytes').rejects.toThrow('The store said 4')
  await expect(send(small, 'abcd'), 'another length').rejects.toThrow()
  expect(await j.confirm(sent, await send(small, 'abc'))).toMatchObject([{ state: 'uploaded' }, { state: 'uploaded' }])
})

test('a file that changed begins anew: its old object goes, and its old bytes are never taken for the new ones', async () => {
  await using j = await aJobWithFiles()
  const [old] = await j.begin(wanted('a', 'old'))
  const sent = await send(old, 'old')
  const [fresh] = await j.begin(wanted('a', 'new!'))
  expect(fresh).toMatchObject({ artifactId: old?.artifactId, state: 'uploading' })
  expect(await j.confirm(sent)).toMatchObject([{ state: 'uploading', problem: 'it is not in the store' }])
  expect((await j.objects()).map(({ state }) => state).sort()).toEqual(['deleting', 'pending'])
  expect(await j.confirm(await send(fresh, 'new!'))).toMatchObject([{ state: 'uploaded' }])
  expect(await j.row(fresh?.artifactId)).toMatchObject({ sizeBytes: 4, sha256: sha256Of('new!') })
})

test('limits and names that cannot be kept leave a visible mark', async () => {
  await using j = await aJobWithFiles({ maxFiles: 2, maxFileBytes: 10, maxTotalBytes: 12 })
  const answers = await j.begin(
    ...['a', 'b', 'big', 'c', '../up', 'caf\udce9', 'nul\0'].map((path) =>
      wanted(path, path === 'big' ? 'x'.repeat(11) : 'x'),
    ),
  )
  expect(answers.map(({ state }) => state)).toEqual(['uploading', 'uploading', ...Array(5).fill('skipped')])
  const rows = await j.db.selectFrom('artifacts').select(['path', 'why']).where('state', '=', 'skipped').execute()
  expect(Object.fromEntries(rows.map(({ path, why }) => [path, why]))).toEqual({
    big: 'it is larger than 10 bytes',
    c: 'there are 2 files already',
    '../up': 'its path is not a plain path below the folder',
    'caf\\xe9': 'its name is not UTF-8',
    'nul\\x00': 'its name has a NUL character',
  })
})

test('files that are not sent are named; one that is uploaded stays, one that was begun gives up its object', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  await j.begin(wanted('begun', 'x'))
  const unsent = (path: string, state: 'skipped' | 'failed') => ({
    ...{ path, state, source: 'glob' as const, sizeBytes: null, why: 'it is a socket' },
  })
  const files = [unsent('kept', 'failed'), unsent('begun', 'failed'), unsent('new', 'skipped')]
  await skipFiles(j.db, j.ref, files)
  await skipFiles(j.db, j.ref, files)
  expect(await j.states()).toEqual({ kept: 'uploaded', begun: 'failed', new: 'skipped' })
  expect((await j.objects()).map(({ state }) => state).sort()).toEqual(['deleting', 'kept'])
})

test('of a flood of files a thousand are named, and the last one says that there were more', async () => {
  await using j = await aJobWithFiles()
  const flood = Array.from({ length: 1_100 }, (_, n) => ({
    ...{ path: `f${n}`, source: 'artifacts' as const, sizeBytes: 1, state: 'skipped' as const, why: 'too many' },
  }))
  for (let n = 0; n < flood.length; n += 100) await skipFiles(j.db, j.ref, flood.slice(n, n + 100))
  await skipFiles(j.db, j.ref, [{ path: 'broken', source: 'artifacts', sizeBytes: 1, state: 'failed', why: 'torn' }])
  const rows = await j.db.selectFrom('artifacts').select(['state', 'why']).execute()
  expect(rows).toHaveLength(1_001)
  expect(rows.filter(({ why }) => why?.endsWith('; more files after it are not named'))).toHaveLength(1)
})

test('only more than ever before is progress', async () => {
  await using j = await aJobWithFiles()
  const [begun] = await j.begin(wanted('a', 'x'.repeat(100)))
  const id = begun?.artifactId ?? 'art_none'
  const heardAt = async () =>
    (await j.db.selectFrom('attempts').select('uploadHeardAt').executeTakeFirstOrThrow()).uploadHeardAt?.getTime()
  const steps: [number, number, boolean][] = [
    ...([
      [40, 40, true],
      [40, 40, false],
      [10, 40, false],
      [41, 41, true],
      [500, 100, true],
      [900, 100, false],
    ] as const),
  ].map(([a, b, c]) => [a, b, c])
  for (const [told, noted, progress] of steps) {
    const before = await heardAt()
    expect(await noteProgress(j.db, j.ref, { [id]: told }), `${told}`).toBe(progress)
    expect((await j.row(begun?.artifactId))?.sentBytes).toBe(noted)
    if (progress) expect(await heardAt()).toBeGreaterThan(before ?? 0)
    else expect(await heardAt()).toBe(before)
  }
  expect(await noteProgress(j.db, j.ref, { art_unknown: 5 })).toBe(false)
})

test('before the exit it is too early, and one attempt cannot speak of the files of another', async () => {
  await using j = await aJobWithFiles()
  const id = await j.upload('mine', 'x')
  await j.db
    .insertInto('boxes')
    .values({ id: 'box_2', orgId: j.ctx.orgId, name: 'b2', host: 'b2.invalid', status: 'online' })
    .execute()
  const other = await aJob(j.ctx, { state: 'running' })
  const ref = { jobId: other.id, attempt: 1 }
  await expect(beginUploads(j.deps, ref, [wanted('a', 'x')])).rejects.toMatchObject({ code: 'conflict' })
  await expect(skipFiles(j.db, ref, [])).rejects.toMatchObject({ code: 'conflict' })
  expect(await noteProgress(j.db, j.ref, { [id]: 1 })).toBe(false)
})
