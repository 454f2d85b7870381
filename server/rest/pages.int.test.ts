import { afterAll, beforeAll, expect, test } from 'vitest'
import { returnJob } from '../../core/attempts/return-job'
import { createGroup } from '../../core/groups/change-group'
import { aBox, aJob, aPass } from '../../core/testing/fixtures'
import { aClosedLog, shortLines } from '../../core/testing/logs'
import { upload } from '../../core/testing/uploads'
import { ask } from '../testing/ask'
import { aMember, aServer, type Member } from '../testing/fixtures'
import { openApiDocument } from './openapi'

/** Every list of the API: what is asked for beside the page, and where in the answer its items are. */
const LISTS: Record<string, { of?: string; query?: string; items?: string }> = {
  '/jobs': { query: 'state=queued&state=completed&state=uploading_artifacts' },
  '/jobs/{jobId}/events': {},
  '/jobs/{jobId}/attempts': { of: 'tried' },
  '/jobs/{jobId}/logs': {},
  '/jobs/{jobId}/logs/find': { query: 'text=line', items: 'lines' },
  '/jobs/{jobId}/artifacts': { of: 'uploading' },
  '/boxes': {},
  '/boxes/{boxId}/events': {},
  '/groups': {},
  '/tokens': {},
}

/** Its pages are so many lines that were looked at, with values in some of them. */
const BY_LINES = ['/jobs/{jobId}/output']

let s: Awaited<ReturnType<typeof aServer>>
let m: Member
const ids: Record<string, string> = {}

beforeAll(async () => {
  s = await aServer()
  m = await aMember(s.web)
  const { jobId } = await aClosedLog(m.ctx, shortLines(2, 3))
  const uploading = await aJob(m.ctx, { state: 'uploading_artifacts' })
  for (const path of ['ä b/1', 'b&c=2', 'c#3']) await upload(s.web, { jobId: uploading.id, attempt: 1 }, path, path)
  const [boxId] = [await aBox(m.ctx, { name: 'b 1' }), await aBox(m.ctx, { name: 'b&2' })]
  for (const draining of [true, false]) await patch(`/boxes/${boxId}`, { draining })
  const tried = await aJob(m.ctx, { state: 'dispatching' })
  const refused = { kind: 'incompatible' as const, detail: 'too old' }
  await s.db.transaction().execute((tx) => returnJob(tx, { jobId: tried.id, attempt: 1 }, refused))
  await aPass(m.ctx)
  for (const name of ['g 1', 'g&2', 'g#3']) await createGroup(m.ctx, { name, boxes: [] })
  for (const name of ['one', 'two']) await ask(s.url, '/tokens', { bearer: m.bearer, body: { name } })
  Object.assign(ids, { jobId, boxId, uploading: uploading.id, tried: tried.id })
})
afterAll(async () => await s[Symbol.asyncDispose]())

const patch = (path: string, body: object) => ask(s.url, path, { bearer: m.bearer, method: 'PATCH', body })

/** The address in the header Link, as a client finds it there. */
function next(headers: Headers): string | undefined {
  return /^<\/api\/v1(\/[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
}

test('every operation that tells of a next page is tried here', () => {
  const paged = Object.entries(openApiDocument().paths).filter(([, { get }]) =>
    JSON.stringify(get ?? '').includes('"Link"'),
  )
  expect(paged.map(([path]) => path).sort()).toEqual([...Object.keys(LISTS), ...BY_LINES].sort())
})

test.each(Object.entries(LISTS))('%s: the links lead through all of it, each item once', async (template, list) => {
  const path = template.replace('{jobId}', ids[list.of ?? 'jobId'] ?? '').replace('{boxId}', ids.boxId ?? '')
  const page = (address: string) => ask(s.url, address, { bearer: m.bearer })
  const itemsOf = (json: Record<string, unknown[]>) => json[list.items ?? 'items'] ?? []
  const whole = await page(`${path}?${list.query ?? ''}&limit=200`.replace('?&', '?'))
  expect(whole.status, JSON.stringify(whole.json)).toBe(200)
  expect(whole.headers.get('link')).toBe(null)
  const all = itemsOf(whole.json)
  expect(all.length).toBeGreaterThan(1)

  const found: unknown[] = []
  let address: string | undefined = `${path}?${list.query ?? ''}&limit=1`.replace('?&', '?')
  while (address !== undefined) {
    const { status, json, headers } = await page(address)
    expect(status, address).toBe(200)
    expect(itemsOf(json)).toHaveLength(1)
    found.push(...itemsOf(json))
    address = next(headers)
  }
  expect(found).toEqual(all)
})
