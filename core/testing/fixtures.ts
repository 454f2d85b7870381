import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { BoxIdentity, Job } from '../../db/schema'
import { deriveKeys } from '../access/keys'
import { claimAttempt } from '../attempts/claim-attempt'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import type { Ctx } from '../context'
import { type BoxId, newId, type OrgId } from '../ids'
import { type Submission, submissionSchema } from '../jobs/submission'
import { submitJob } from '../jobs/submit-job'
import { placeJobs, requestPlacement } from '../placement/place-jobs'
import { openStore } from '../store/store'

/** An organisation with a member, as the doors would make its context. */
export async function anOrg(db: Db): Promise<Ctx> {
  const orgId: OrgId = newId('org')
  await db.insertInto('orgs').values({ id: orgId, name: 'Test lab' }).execute()
  return { db, orgId, role: 'owner', actor: 'user:ada', requestId: 'req-test' }
}

/** An online box that can be reached by nobody: for verbs, not for dispatching. */
export async function aBox(
  ctx: Ctx,
  box: { name?: string; labels?: Record<string, string>; nets?: { name: string; type: string }[]; slots?: number } = {},
): Promise<BoxId> {
  const id: BoxId = newId('box')
  await ctx.db
    .insertInto('boxes')
    .values({
      id,
      orgId: ctx.orgId,
      name: box.name ?? id,
      host: `${id}.invalid`,
      status: 'online',
      labels: JSON.stringify(box.labels ?? {}),
      nets: JSON.stringify(box.nets ?? []),
      slots: box.slots ?? 1,
    })
    .execute()
  return id
}

/** Keys of an installation that runs nothing. */
export const KEYS = deriveKeys('a secret that is long enough for tests')

export const IDENTITY: BoxIdentity = {
  lagerBoxId: 'bench',
  hostname: 'bench',
  bootId: 'boot-1',
  python: '3.11.2',
  pid: 1,
}

type Walk = Partial<Submission> & { state?: 'queued' | 'dispatching' | 'running' | 'uploading_artifacts' | 'completed' }

/** Where nothing answers: for verbs that need no store. */
export const NO_STORE = openStore({
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_BUCKET: 'none',
  S3_REGION: 'none',
  S3_PUBLIC_ENDPOINT: undefined,
  S3_ACCESS_KEY_ID: undefined,
  S3_SECRET_ACCESS_KEY: undefined,
})

/** A job that real verbs walked to `state` (default queued); beyond `queued` a free box must be there. */
export async function aJob(ctx: Ctx, { state = 'queued', ...submission }: Walk = {}): Promise<Job> {
  const job = await submitJob(
    { ...ctx, keys: KEYS, store: NO_STORE },
    submissionSchema.parse({ script: 'print(1)', ...submission }),
  )
  const steps = ['queued', 'dispatching', 'running', 'uploading_artifacts', 'completed'].indexOf(state)
  const ref = { jobId: job.id, attempt: 1 }
  if (steps >= 1) await aPass(ctx)
  if (steps >= 2) await claimAttempt(ctx.db, KEYS, ref, 'nonce', IDENTITY)
  if (steps >= 3) await recordExit(ctx.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 5 })
  if (steps >= 4) await finishAttempt(ctx.db, ref, 0, [])
  return await ctx.db.selectFrom('jobs').selectAll().where('id', '=', job.id).executeTakeFirstOrThrow()
}

/** Runs placement for the organisation, as the worker would. */
export async function aPass(ctx: Ctx) {
  const placed: Parameters<Parameters<typeof placeJobs>[2]>[0] = []
  await requestPlacement(ctx.db, [ctx.orgId])
  await placeJobs(ctx.db, ctx.orgId, (batch) => placed.push(...batch))
  return placed
}

/**
 * Resolves once a session of this database (or so many) waits for a lock: the moment to let the other one go on.
 * @param statement a part of what it waits with, where other sessions may wait for other locks
 */
export async function someoneWaitsForALock(db: Db, { sessions = 1, statement = '' } = {}): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and strpos(query, ${statement}) > 0`.execute(db)
    if ((rows[0]?.waiting ?? 0) >= sessions) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
