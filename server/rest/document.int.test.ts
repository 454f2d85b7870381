import fc from 'fast-check'
import { zipSync } from 'fflate'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { beat } from '../../core/attempts/presence'
import { createGroup } from '../../core/groups/change-group'
import type { BoxId, JobId } from '../../core/ids'
import { aBox, aJob } from '../../core/testing/fixtures'
import { upload } from '../../core/testing/uploads'
import { aBoxApi } from '../testing/box-api'
import { contradictions, type Documented, OPERATIONS, takesBody, takesText } from '../testing/document'
import { aMember, aServer, type Member } from '../testing/fixtures'
import type { Hints } from '../testing/from-schema'
import { append, close } from '../testing/running-job'
import { upload as sendBytes } from '../testing/upload'
import { requestOf, type WildRequest } from '../testing/wild-requests'

/**
 * Requests that are made from the document, as it says and nearly as it says, get answers that the document knows, in status, headers
 * and body, and none is a 500. What the document refuses of bodies and queries is refused.
 *
 * The same requests each time; `STOUT_SEED=<seed>` draws others, `STOUT_RUNS=500` more of them.
 */
const SEED = Number(process.env.STOUT_SEED ?? 2_026)
const RUNS = Number(process.env.STOUT_RUNS ?? 40)
/** They look at a box, which takes its time. */
const SLOW = new Map([
  ['POST /boxes', 12],
  ['POST /boxes/probe', 12],
  ['PATCH /boxes/{boxId}', 25],
])
/** Answered by the worker, which its own tests talk to. */
const AT_THE_WORKER = '/jobs/{jobId}/logs/ws'

let s: Awaited<ReturnType<typeof aServer>>
let api: Awaited<ReturnType<typeof aBoxApi>>
let box: Awaited<ReturnType<typeof testBox>>

beforeAll(async () => {
  api = await aBoxApi()
  s = await aServer(undefined, api.url)
  box = await testBox({ boxId: 'bench-9', version: '0.40.0', token: 'secret' })
})
afterAll(async () => {
  await box[Symbol.asyncDispose]()
  await s[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

/** A body that works, where no schema says which. */
const bodies = (): Record<string, object> => ({
  'POST /boxes': { name: 'new bench', host: '127.0.0.1', pythonPort: box.pythonPort, token: 'secret' },
})

type World = { owner: Member; viewer: Member; hints: Hints }

/** An organisation with some of everything, that one operation may spoil. */
async function aWorld(operation: string): Promise<World> {
  const owner = await aMember(s.web)
  const viewer = await aMember(s.web, owner.ctx, 'viewer')
  const victim = await aMember(s.web, owner.ctx)
  const { ctx, bearer } = owner
  const boxIds: BoxId[] = []
  for (const [index, name] of ['bench', 'left bench', 'old bench'].entries()) {
    const boxId = await aBox(ctx, { name, slots: 2 })
    const nobody = { host: '127.0.0.1', pythonPort: index + 1, httpPort: 9 } // listens there
    await s.db.updateTable('boxes').set(nobody).where('id', '=', boxId).execute()
    boxIds.push(boxId)
  }
  const group = await createGroup(ctx, { name: 'radio', boxes: ['bench'] })
  const running = await aJob(ctx, { state: 'running', labels: { suite: 'rf' }, target: { box: 'bench' } })
  await append(s.web, { jobId: running.id, attempt: 1 }, 1, ['one', Buffer.from([0xff, 0]), 'two'])
  const ended = await aJob(ctx, { state: 'uploading_artifacts', name: 'soak' })
  const artifactId = await upload(s.web, { jobId: ended.id, attempt: 1 }, 'out/trace.csv', 'volts\n3.3\n')
  await append(s.web, { jobId: ended.id, attempt: 1 }, 1, ['volts 3.3', 'an error'])
  await close(s.web, { jobId: ended.id, attempt: 1 }, 2)
  await beOutOfContact(running.id)
  const queued = [await aJob(ctx, { secrets: { KEY: 'a-secret' } }), await aJob(ctx, { requires: ['dut=none'] })]
  const zip = Buffer.from(zipSync({ 'main.py': Buffer.from('print(1)') }))
  const { json } = await sendBytes(s.url, '/bundles', zip, { bearer })
  const jobIds = [running.id, ended.id, ...queued.map(({ id }) => id)]
  const body = bodies()[operation]
  const from = <T>(...values: T[]) => fc.constantFrom<unknown>(...values)
  return {
    ...{ owner, viewer },
    hints: {
      jobId: from(ended.id, ...jobIds),
      boxId: from(boxIds[0], ...boxIds),
      groupId: from(group.id),
      tokenId: from(victim.tokenId),
      artifactId: from(artifactId),
      ...(body && { body: from(body) }),
      sha256: from(json.sha256),
      bundle: from(json.sha256),
      attempt: from(1, 1, 2),
      text: from('volts', 'soak', 'a'),
      label: from('suite', 'suite=rf'),
      group: from('radio'),
      groups: from(['radio'], []),
      boxes: from(['bench'], ['bench', 'left bench']),
      requires: from([], ['net:UART'], ['dut=stm32', 'net:UART>=2']),
      submittedBy: from(`token:${owner.tokenId}`),
      globs: from([], ['out/*.csv']),
      // nothing else may be dialled: who knows what listens there
      ...{ host: from('127.0.0.1', '127.0.0.1', '169.254.169.254', 'no host'), httpPort: from(2, 9_000) },
      ...{
        pythonPort: from(box.pythonPort, 1),
        token: from('secret', 'wrong', null),
        lagerBoxId: from('bench-9', 'x'),
      },
      'Idempotency-Key': fc.uuid(),
      'If-Match': from('*', '"x"', 'W/"x"', '"x", "y"'),
      ...{ lastEventId: from('1.1', '1.9'), 'Last-Event-ID': from('1.1') },
    },
  }
}

/** Its supervisor is not heard of, so that its box can be released by hand. */
async function beOutOfContact(jobId: JobId): Promise<void> {
  await beat(s.db)
  const ago = sql<Date>`now() - interval '10 minutes'`
  await s.db.updateTable('logHeads').set({ lastHeardAt: ago }).where('jobId', '=', jobId).execute()
  await s.db.updateTable('boxApiPresence').set({ listeningSinceAt: ago }).execute()
}

async function send({ method, path }: Documented, { owner, viewer }: World, request: WildRequest) {
  const { params, query, headers, body, who } = request
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams(query).toString()
  const bearer = { owner: owner.bearer, viewer: viewer.bearer, nobody: undefined }[who]
  const leaving = new AbortController()
  const response = await fetch(`${s.url}/api/v1${filled}${search && `?${search}`}`, {
    ...{ method, redirect: 'manual', signal: leaving.signal },
    headers: { ...headers, ...(bearer && { authorization: bearer }) },
    ...(body && { body: new Uint8Array(body) }),
  })
  const isOpen = response.headers.get('content-type')?.startsWith('text/event-stream') && !search.includes('follow=0')
  const text = isOpen ? '' : await response.text()
  leaving.abort()
  return { status: response.status, headers: response.headers, text }
}

/** Why the document says that this request is wrong; undefined where it takes it. */
function refusedBy(operation: Documented, { query, json, headers }: WildRequest): string | undefined {
  if (json !== undefined && headers['content-type'] === 'application/json' && operation.body['application/json']) {
    if (!takesBody(operation, json)) return 'its body'
  }
  const known = new Map(operation.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]))
  const wrong = query.find(([name, text]) => {
    const parameter = known.get(name)
    return !parameter || !takesText(parameter, text)
  })
  return wrong && !operation.isOpen ? `${wrong[0]}=${wrong[1]}` : undefined
}

const TRIED = OPERATIONS.filter(({ path }) => path !== AT_THE_WORKER)

test.each(TRIED.map((one) => ({ ...one, name: `${one.method} ${one.path}` })))(
  '$name answers as the document says',
  async (operation) => {
    const statuses = new Map<number, number>()
    const tryOn = async (world: World, request: WildRequest) => {
      const came = await send(operation, world, request)
      statuses.set(came.status, (statuses.get(came.status) ?? 0) + 1)
      expect(contradictions(operation, came)).toEqual([])
      expect(came.status).toBeLessThan(500)
      const why = refusedBy(operation, request)
      if (why !== undefined) expect(came.status, `the document refuses ${why}`).toBeGreaterThanOrEqual(400)
      await followed(world, came.headers)
    }
    const wasGood = () => [...statuses.keys()].some((status) => status < 400)
    const world = await aWorld(operation.name)
    const property = fc.asyncProperty(requestOf(operation, world.hints), (request) => tryOn(world, request))
    await fc.assert(property, {
      seed: SEED,
      numRuns: SLOW.get(operation.name) ?? RUNS,
      interruptAfterTimeLimit: 25_000,
    })
    if (wasGood()) return
    const fresh = await aWorld(operation.name) // what is good may have been spoiled by then
    for (const request of fc.sample(requestOf(operation, fresh.hints), { seed: SEED, numRuns: 100 })) {
      if (wasGood()) return
      await tryOn(fresh, request)
    }
    expect(wasGood(), `what came: ${JSON.stringify([...statuses])}`).toBe(true)
  },
)

/** Where an answer leads to must be there. */
async function followed({ owner }: World, headers: Headers): Promise<void> {
  const next = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
  const location = headers.get('location')
  for (const path of [next, location?.startsWith('/') ? location : undefined]) {
    if (path === undefined) continue
    const { status } = await fetch(`${s.url}${path}`, { headers: { authorization: owner.bearer } })
    expect(status, path).toBe(200)
  }
}
