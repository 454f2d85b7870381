import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFailed } from 'vitest'
import { endEverything } from '../../box/supervisor/testing/processes'
import { deriveKeys, seal } from '../../core/access/keys'
import { callBackTargets } from '../../core/boxes/call-back'
import type { Fleet } from '../../core/boxes/look-at-box'
import { readBoxCa } from '../../core/channels/box-ca'
import { loadEnv } from '../../core/env'
import { type BoxId, type JobId, newId } from '../../core/ids'
import { isTerminal, type JobState } from '../../core/jobs/state'
import { submissionSchema } from '../../core/jobs/submission'
import { type SubmitCtx, submitJob } from '../../core/jobs/submit-job'
import { PackedLogs } from '../../core/logs/packed-logs'
import { type LogLine, readLines } from '../../core/logs/read-lines'
import { openStore } from '../../core/store/store'
import { aBackend } from '../../core/testing/backend'
import { anOrg } from '../../core/testing/fixtures'
import type { Attempt, Job } from '../../db/schema'
import { type TestDb, testDb } from '../../db/testing/database'
import { aStore, type TestStore } from '../../embedded/object-store/testing/store'
import { anyPort } from '../../embedded/ports'
import { type Started, startProgram } from './processes'

const SECRET = 'a secret for tests only, of enough characters'
const BOX_TOKEN = 'box-token-of-the-lab'
const POLL_MS = 20
/** Lines of the worker that a failed test shows. */
const MOST_SAID = 40

/** `python`: what its scripts run on. `viaPort`: the worker reaches it over this port. */
type BoxOptions = { name?: string; labels?: Record<string, string>; viaPort?: number; python?: string }
export type LabBox = { id: BoxId; name: string; stateRoot: string; url: string; process: Started }
export type Lab = AsyncDisposable & {
  ctx: SubmitCtx
  dir: string
  store: TestStore
  worker: Started
  workerPort: number
  /** What verbs need that talk to boxes. */
  fleet: Fleet
  /** Starts another worker process on the same database. */
  startWorker(env?: Record<string, string>): Promise<Started>
  /** Starts a box runtime process and registers it. */
  addBox(options?: BoxOptions): Promise<LabBox>
  submit(submission: Record<string, unknown>): Promise<JobId>
  job(id: JobId): Promise<Job>
  attempt(id: JobId, attempt?: number): Promise<Attempt>
  /** Resolves once the job is in one of the states (default: an end) and, at an end, its attempt has closed. */
  until(id: JobId, ...states: JobState[]): Promise<Job>
  lines(id: JobId, attempt?: number): Promise<LogLine[]>
}

/** A real worker process on a database of its own, to which boxes (real runtime processes) can be added. */
export async function aLab(
  env: Record<string, string> = {},
  options: { boxUrl?: string; database?: Pick<TestDb, 'db' | 'url'> } = {},
): Promise<Lab> {
  const stack = new AsyncDisposableStack()
  await using unfinished = new AsyncDisposableStack() // a process that stayed would keep the whole run from ending
  unfinished.use(stack)
  const t = options.database ?? stack.use(await testDb())
  const store = stack.use(await aStore())
  const backend = stack.use(await aBackend())
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-lab-'))
  stack.defer(() => rmSync(dir, { recursive: true, force: true }))
  const workerPort = await anyPort()
  const settings = {
    DATABASE_URL: t.url,
    STOUT_URL: 'http://127.0.0.1:9',
    STOUT_BOX_URL: options.boxUrl ?? `http://127.0.0.1:${workerPort}`,
    STOUT_SECRET: SECRET,
    STOUT_WORKER_PORT: String(workerPort),
    STOUT_INSTALLATION: path
      .basename(dir)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, ''),
    BOX_PROBE_SECONDS: '1',
    BOX_INSPECT_SECONDS: '0',
    SWEEP_SECONDS: '0.2',
    ...store.env,
    ...backend.env,
    ...env,
  }
  const ctx = { ...(await anOrg(t.db)), keys: deriveKeys(SECRET), store: openStore(loadEnv(settings)) }
  stack.defer(() => ctx.store.close())
  const packedLogs = new PackedLogs(ctx.store)
  const startWorker = async (more: Record<string, string> = {}) =>
    stack.use(await startProgram('worker', [], { ...settings, ...more }, 'the worker listens'))
  const worker = await startWorker()
  unfinished.move()
  return {
    ctx,
    dir,
    store,
    worker,
    workerPort,
    fleet: {
      keys: deriveKeys(SECRET),
      installation: settings.STOUT_INSTALLATION,
      callBacks: callBackTargets(settings.STOUT_BOX_URL),
      ca: readBoxCa(env.STOUT_BOX_CA),
    },
    startWorker: (more = {}) => startWorker({ STOUT_WORKER_PORT: '0', ...more }),
    addBox: async (box = {}) => {
      const { process, ...added } = await addBox(ctx, dir, box)
      // a supervisor tries without end to tell what it knows; after a failed test nobody will ever listen
      stack.defer(() => endEverything(path.join(added.stateRoot, 'tmp'), crypto.randomUUID()))
      return { ...added, process: stack.use(process) }
    },
    submit: async (submission) => (await submitJob(ctx, submissionSchema.parse(submission))).id,
    job: (id) => getJob(ctx, id),
    attempt: (jobId, attempt = 1) =>
      t.db
        .selectFrom('attempts')
        .selectAll()
        .where('jobId', '=', jobId)
        .where('attempt', '=', attempt)
        .executeTakeFirstOrThrow(),
    until: async (id, ...states) => {
      using _ = toldIfWaitedInVain(ctx, worker, id)
      return await until(ctx, id, states)
    },
    lines: (jobId, attempt = 1) => readLines({ db: t.db, packedLogs }, { jobId, attempt }, 1, 1_000_000),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function addBox(
  ctx: SubmitCtx,
  dir: string,
  { name = `box-${crypto.randomUUID().slice(0, 8)}`, labels = {}, viaPort, python }: BoxOptions,
): Promise<LabBox> {
  const stateRoot = path.join(dir, name)
  const config = path.join(dir, `${name}.json`)
  const nets = [{ name: 'uart1', role: 'uart' }]
  const ports = { host: '127.0.0.1', pythonPort: 0, httpPort: 0 }
  writeFileSync(
    config,
    JSON.stringify({
      boxId: name,
      ...ports,
      stateRoot,
      token: BOX_TOKEN,
      nets,
      niceness: 0,
      ...(python && { python }),
    }),
  )
  const process = await startProgram('box', ['--config', config], {}, 'box listens')
  const url = String(process.ready.pythonUrl)
  const id: BoxId = newId('box')
  await ctx.db
    .insertInto('boxes')
    .values({
      id,
      orgId: ctx.orgId,
      name,
      host: '127.0.0.1',
      pythonPort: viaPort ?? Number(new URL(url).port),
      tokenSealed: seal(deriveKeys(SECRET), BOX_TOKEN),
      labels: JSON.stringify(labels),
      lagerBoxId: name,
    })
    .execute()
  return { id, name, stateRoot, url, process }
}

async function getJob({ db }: Pick<SubmitCtx, 'db'>, id: JobId): Promise<Job> {
  return await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function until(ctx: SubmitCtx, id: JobId, states: JobState[]): Promise<Job> {
  for (;;) {
    const job = await getJob(ctx, id)
    if (states.includes(job.state)) return job
    if (isTerminal(job.state)) {
      if (states.length > 0) throw new Error(`The job ended as ${job.state} (${job.error}), not ${states.join(' or ')}`)
      if (await closed(ctx, id)) return job
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** A test that fails while it waits for a job, by its time limit for one, says what became of the job, and what the worker said of it. */
function toldIfWaitedInVain({ db }: SubmitCtx, worker: Started, id: JobId): Disposable {
  let waits = true
  const tell = async () => {
    if (!waits) return
    const { name, state, error, attempt } = await getJob({ db }, id)
    const attempts = await db.selectFrom('attempts').selectAll().where('jobId', '=', id).execute()
    const events = await db.selectFrom('events').selectAll().where('subject', '=', id).orderBy('seq').execute()
    const said = worker
      .said()
      .split('\n')
      .filter((line) => line.includes(id))
      .slice(-MOST_SAID)
    console.error(JSON.stringify({ waitedFor: id, name, state, error, attempt, attempts, events }), said.join('\n'))
  }
  if (expect.getState().currentTestName) onTestFailed(tell)
  return {
    [Symbol.dispose]: () => {
      waits = false
    },
  }
}

async function closed({ db }: SubmitCtx, jobId: JobId): Promise<boolean> {
  const open = await db
    .selectFrom('attempts')
    .select('attempt')
    .where('jobId', '=', jobId)
    .where('phase', '<>', 'closed')
    .executeTakeFirst()
  return open === undefined
}

/** Resolves once `holds` does. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs = 90_000,
): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** How many lines a file has; 0 when it is not there. Scripts count their starts in such a file. */
export function countLines(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1
  } catch {
    return 0
  }
}
