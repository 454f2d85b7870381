import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGroup } from '../../core/groups/change-group'
import { aBox, aJob, someoneWaitsForALock } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer, type Member } from '../testing/fixtures'

let s: Awaited<ReturnType<typeof aServer>>
let m: Member
let paths: Record<string, string>

beforeAll(async () => {
  s = await aServer()
  m = await aMember(s.web)
  const boxId = await aBox(m.ctx, { name: 'bench-1' })
  const group = await createGroup(m.ctx, { name: 'radio', boxes: ['bench-1'] })
  const job = await aJob(m.ctx, { state: 'running' })
  paths = { box: `/boxes/${boxId}`, group: `/groups/${group.id}`, job: `/jobs/${job.id}`, retention: '/retention' }
})
afterAll(async () => await s[Symbol.asyncDispose]())

/** What is edited, and how; each edit is another one than that before. */
const EDITS = [
  { what: 'box', first: { labels: { a: '1', b: '2' } }, second: { draining: true }, field: 'labels' },
  { what: 'box', first: { name: 'bench-2' }, second: { groups: [] }, field: 'name' },
  { what: 'group', first: { name: 'radios' }, second: { boxes: [] }, field: 'name' },
  { what: 'job', first: { timeoutSeconds: 500 }, second: { timeoutSeconds: 600 }, field: 'timeoutSeconds' },
  { what: 'retention', first: { jobsDays: 300 }, second: { logsDays: 30 }, field: 'jobsDays' },
]

const get = (path: string) => ask(s.url, path, { bearer: m.bearer })
const patch = (path: string, body: object, ifMatch?: string, bearer = m.bearer) =>
  ask(s.url, path, { bearer, method: 'PATCH', body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } })

test.each(EDITS)('$what: $first is done to what was read, and refused when that was edited', async (edit) => {
  const path = paths[edit.what] ?? ''
  const read = (await get(path)).headers.get('etag') ?? ''
  expect(read).toMatch(/^"[\w-]{22}"$/)
  const done = await patch(path, edit.first, read)
  expect(done.status).toBe(200)
  const tag = done.headers.get('etag') ?? ''
  expect(tag).not.toBe(read)
  const now = await get(path)
  expect(now.headers.get('etag')).toBe(tag)

  const refused = await patch(path, edit.second, read)
  expect(refused).toMatchObject({
    ...{ status: 412, json: { code: 'precondition_failed', detail: { reason: 'edited', etag: tag } } },
  })
  expect((await get(path)).headers.get('etag')).toBe(tag)
  for (const given of [`"other", ${tag}`, '*', undefined]) {
    expect((await patch(path, edit.first, given)).status, given).toBe(200)
  }
  expect((await patch(path, edit.second, `W/${tag}`)).status).toBe(412)
  expect((await patch(path, edit.second, tag)).status).toBe(200)
})

test('what a box does by itself leaves its tag alone', async () => {
  const path = paths.box ?? ''
  const before = (await get(path)).headers.get('etag')
  await s.db.updateTable('boxes').set({ lastSeenAt: new Date(), status: 'offline', version: '9.9.9' }).execute()
  expect((await get(path)).headers.get('etag')).toBe(before)
})

test('a tag tells nothing to those who may not see the thing, nor to those who may not edit it', async () => {
  const [stranger, viewer] = [await aMember(s.web), await aMember(s.web, m.ctx, 'viewer')]
  for (const path of [paths.box, paths.group, paths.job]) {
    expect(await patch(path ?? '', { name: 'x' }, '"x"', stranger.bearer)).toMatchObject({
      status: path === paths.job ? 400 : 404,
    })
    const body = path === paths.job ? { timeoutSeconds: 5 } : { name: 'x' }
    expect(await patch(path ?? '', body, '"x"', stranger.bearer)).toMatchObject({ status: 404 })
    expect(await patch(path ?? '', body, '"x"', viewer.bearer)).toMatchObject({ status: 403 })
  }
})

test('two edits of the same state at once: one is done, the other refused', async () => {
  const path = paths.group ?? ''
  const read = (await get(path)).headers.get('etag') ?? ''
  const holder = await s.db.startTransaction().execute()
  await sql`select from orgs where id = ${m.ctx.orgId} for no key update`.execute(holder)
  const edits = [patch(path, { name: 'one' }, read), patch(path, { name: 'two' }, read)]
  await someoneWaitsForALock(s.db, { sessions: 2 })
  await holder.commit().execute()
  const answers = await Promise.all(edits)
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect((await get(path)).json.name).toBe(answers.find(({ status }) => status === 200)?.json.name)
})

test('what was edited since it was read is not removed', async () => {
  for (const path of [paths.group ?? '', paths.box ?? '']) {
    const remove = (ifMatch: string) =>
      ask(s.url, path, { bearer: m.bearer, method: 'DELETE', headers: { 'if-match': ifMatch } })
    await s.db.deleteFrom('leases').execute()
    expect(await remove('"old"')).toMatchObject({ status: 412 })
    const now = (await get(path)).headers.get('etag') ?? ''
    expect(await remove(now)).toMatchObject({ status: 200 })
  }
})
