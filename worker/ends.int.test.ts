import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobId } from '../core/ids'
import { cancelJob } from '../core/jobs/cancel-job'
import { extendJob } from '../core/jobs/extend-job'
import { FAILURE_CLASSES, TERMINAL_STATES } from '../core/jobs/state'
import { requestPlacement } from '../core/placement/place-jobs'
import { type TestDb, testDb } from '../db/testing/database'
import { aDoorTo, type Door, type End, expectEnd } from './testing/ends'
import { aLab, eventually, type Lab, type LabBox } from './testing/lab'

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9'
/** Limits of seconds instead of minutes. */
const LIMITS = { ATTEMPT_SILENT_AFTER_SECONDS: '2', DISPATCH_LIMIT_SECONDS: '2', BOX_REST_SECONDS: '0.2' }

type Place = { lab: Lab; box: LabBox; door: Door }
const stack = new AsyncDisposableStack()
/** Where all is well; where boxes cannot reach the box API; where they cannot reach the store. */
let [well, unheard, storeless] = [] as unknown as [Place, Place, Place]
const reached = new Set<string>()

async function aPlace(env: Record<string, string>, boxUrl?: string): Promise<Place> {
  const database: TestDb = stack.use(await testDb())
  const lab = stack.use(await aLab({ ...LIMITS, ...env }, { database, ...(boxUrl && { boxUrl }) }))
  return { lab, box: await lab.addBox(), door: stack.use(await aDoorTo(lab, database.url)) }
}

beforeAll(async () => {
  well = await aPlace({ DISPATCH_LIMIT_SECONDS: '120' })
  unheard = await aPlace({}, NOWHERE)
  storeless = await aPlace({ DISPATCH_LIMIT_SECONDS: '120', S3_PUBLIC_ENDPOINT: NOWHERE, UPLOAD_LIMIT_SECONDS: '2' })
})
afterAll(() => stack.disposeAsync())

const FILE = 'import os, sys, time\nopen(os.environ["STOUT_ARTIFACTS"] + "/a.txt", "w").write("kept")\n'
const HANGS = `${FILE}print("up", flush=True)\ntime.sleep(600)`
const submit = (lab: Lab, script: string, more: object = {}): Promise<JobId> =>
  lab.submit({ script, secrets: { PIN: 'hunter2!' }, graceSeconds: 1, ...more })
const itPrints = (lab: Lab, id: JobId) =>
  eventually('it prints', async () => (await lab.lines(id).catch(() => [])).length > 0)

type Reach = { at: () => Place; run: (place: Place) => Promise<JobId>; end: End }
const SCRIPT_END = { closedBy: 'done', endedBy: 'script' } as const
const FENCED = { closedBy: 'fenced', endedBy: null, kept: 0 } as const

const ENDS: Record<string, Reach> = {
  completed: {
    at: () => well,
    run: ({ lab }) => submit(lab, `${FILE}print("well")`),
    end: {
      state: 'completed',
      failureClass: null,
      event: 'complete',
      actor: /^box:/,
      error: null,
      ...SCRIPT_END,
      kept: 1,
    },
  },
  'failed: script': {
    at: () => well,
    run: ({ lab }) => submit(lab, `${FILE}sys.exit(3)`),
    end: {
      ...{ state: 'failed', failureClass: 'script', event: 'fail', actor: /^box:/, kept: 1, ...SCRIPT_END },
      error: /^The script exited with code 3\.$/,
    },
  },
  'failed: dispatch': {
    at: () => unheard,
    run: ({ lab }) => submit(lab, 'print("never")'),
    end: {
      ...{ state: 'failed', failureClass: 'dispatch', event: 'fail', actor: /^box:/, ...FENCED },
      error: /^No supervisor claimed the job in 3 tries: nothing claimed the attempt within 2 s$/,
    },
  },
  'failed: box_lost': {
    at: () => well,
    run: async ({ lab }) => {
      const id = await submit(lab, HANGS)
      await itPrints(lab, id)
      process.kill((await lab.attempt(id)).identity?.pid ?? 0, 'SIGKILL')
      return id
    },
    end: {
      ...{ state: 'failed', failureClass: 'box_lost', event: 'fail', actor: /^sweep:lost$/, kept: 0 },
      ...{ error: /^The box lost the job: the supervisor is gone/, closedBy: 'reaped', endedBy: null },
    },
  },
  'failed: artifacts': {
    at: () => storeless,
    run: ({ lab }) => submit(lab, `${FILE}print("well")`),
    end: {
      ...{ state: 'failed', failureClass: 'artifacts', event: 'fail', actor: /^(box:|sweep:upload_limit$)/, kept: 0 },
      ...{ error: /a\.txt|no progress/, ...SCRIPT_END },
    },
  },
  'failed: internal': {
    at: () => well,
    run: async ({ lab, box }) => {
      const { db, orgId } = lab.ctx
      const drain = (draining: boolean) => db.updateTable('boxes').set({ draining }).where('id', '=', box.id).execute()
      await drain(true)
      const id = await submit(lab, 'print("never")')
      await db
        .updateTable('jobSecrets')
        .set({ sealed: 'sealed under another secret' })
        .where('jobId', '=', id)
        .execute()
      await drain(false)
      await requestPlacement(db, [orgId])
      return id
    },
    end: {
      ...{ state: 'failed', failureClass: 'internal', event: 'fail', actor: /^box:/, ...FENCED },
      error: /^The secrets of the job cannot be read/,
    },
  },
  'cancelled while it runs': {
    at: () => well,
    run: async ({ lab }) => {
      const id = await submit(lab, HANGS)
      await itPrints(lab, id)
      await cancelJob(lab.ctx, id, 'wrong board')
      return id
    },
    end: {
      ...{ state: 'cancelled', failureClass: null, event: 'cancel', actor: /^user:ada$/, error: null, kept: 1 },
      ...{ closedBy: 'done', endedBy: 'cancel' },
    },
  },
  'cancelled while it waits': {
    at: () => well,
    run: async ({ lab }) => {
      const id = await submit(lab, 'print("never")', { requires: ['dut=none'] })
      await cancelJob(lab.ctx, id, '')
      return id
    },
    end: {
      ...{ state: 'cancelled', failureClass: null, event: 'cancel', actor: /^user:ada$/, error: null, kept: 0 },
      ...{ closedBy: null, endedBy: null },
    },
  },
  'timed_out: ran too long': {
    at: () => well,
    run: async ({ lab }) => {
      const id = await submit(lab, HANGS)
      await itPrints(lab, id)
      const { claimedAt } = await lab.attempt(id)
      await extendJob(lab.ctx, id, Math.ceil((Date.now() - Number(claimedAt)) / 1_000) + 2)
      return id
    },
    end: {
      ...{ state: 'timed_out', failureClass: null, event: 'expire', actor: /^(box:|sweep:deadline$)/, kept: 1 },
      ...{
        error: /^Ran (longer than \d+ s\.$|out of time before its box knew)/,
        closedBy: 'done',
        endedBy: 'deadline',
      },
    },
  },
  'timed_out: printed nothing': {
    at: () => well,
    run: ({ lab }) => submit(lab, HANGS, { noOutputTimeoutSeconds: 6 }),
    end: {
      ...{ state: 'timed_out', failureClass: null, event: 'expire', actor: /^box:/, kept: 1 },
      ...{ error: /^Printed nothing for 6 s\.$/, closedBy: 'done', endedBy: 'no_output' },
    },
  },
  no_suitable_box: {
    at: () => well,
    run: ({ lab }) => submit(lab, 'print("never")', { requires: ['dut=none'], queueTimeoutSeconds: 1 }),
    end: {
      ...{ state: 'no_suitable_box', failureClass: null, event: 'give_up', actor: /^sweep:queue_limit$/, kept: 0 },
      ...{ error: /^No suitable box was free within 1 s\.$/, closedBy: null, endedBy: null },
    },
  },
}

test.each(Object.entries(ENDS))('%s', async (_, { at, run, end }) => {
  const place = at()
  await expectEnd(place.lab, place.door, place.box, await run(place), end)
  reached.add([end.state, end.failureClass].join())
})

test('these are all ends that there are', () => {
  const others = TERMINAL_STATES.filter((state) => state !== 'failed').map((state) => [state, null].join())
  expect([...reached].sort()).toEqual([...others, ...FAILURE_CLASSES.map((one) => ['failed', one].join())].sort())
})
