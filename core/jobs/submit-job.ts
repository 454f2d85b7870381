import { createHash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { Database, Job } from '../../db/schema'
import type { Keys } from '../access/keys'
import { requireFile, unknownBundle } from '../bundles/find-bundle'
import { holdBundle, putBundle } from '../bundles/put-bundle'
import { type Ctx, requireTo } from '../context'
import { DomainError, Invalid } from '../errors'
import { recordEvents } from '../events/record-events'
import { once } from '../idempotency/once'
import { type JobId, newId, type OrgId } from '../ids'
import type { Store } from '../store/store'
import { keepSecrets } from './job-secrets'
import { LIMITS } from './limits'
import type { Submission, Target } from './submission'
import { recordJobEvent } from './transition'

/** What submitting needs beside who is asking: secrets are encrypted, and a bundle may lie in the object store. */
export type SubmitCtx = Ctx & { keys: Keys; store: Store }

/**
 * Accepts a job: its script or its hold of a bundle, the row, its secrets, the event and the outbox entry that asks for
 * placement commit together.
 * @param rerunOf the job that it is a rerun of: it says so in an event of its own
 * @throws DomainError `too_large` for a script over the limit; Invalid for an unknown box, group or bundle, or a bundle without
 *   the file that is to be run; `forbidden`; NotFound when `rerunOf` was removed meanwhile; StoreAway
 */
export async function submitJob(ctx: SubmitCtx, submission: Submission, rerunOf: JobId | null = null): Promise<Job> {
  requireTo(ctx, 'run')
  const { script, bundle, entry } = submission
  if (script !== undefined) refuseLargeScript(script)
  if (bundle !== undefined) await requireFile(ctx, bundle, entry)
  return await once(ctx, async (tx) => {
    const id = newId('job')
    const { actor, requestId } = ctx
    if (rerunOf) {
      const data = { jobId: id, name: submission.name, requestId }
      await recordJobEvent(tx, rerunOf, { type: 'rerun', actor, data })
    }
    const target = await resolveTarget(tx, ctx.orgId, submission.target)
    const bundleSha256 =
      script === undefined ? await holdZip(tx, ctx.orgId, bundle ?? '') : await storeScript(tx, ctx.orgId, script)
    const job = await insertJob(tx, ctx, submission, { id, target, bundleSha256, rerunOf })
    await keepSecrets(tx, ctx.keys, job.id, submission.secrets)
    const { orgId, state, name, queueKey } = job
    const data = { name, queueKey, requestId, ...(rerunOf && { rerunOf }) }
    await recordEvents(tx, [{ subject: id, seq: 1, orgId, type: 'submitted', state, actor, data }])
    return job
  })
}

async function insertJob(
  tx: Transaction<Database>,
  { orgId, actor }: Ctx,
  submission: Submission,
  { target, ...facts }: { id: JobId; target: ResolvedTarget; bundleSha256: string; rerunOf: JobId | null },
): Promise<Job> {
  const { script: _, bundle: __, target: ___, secrets, artifacts, args, env, labels, requires, ...plain } = submission
  const sorted = [...new Set(requires)].sort()
  return await tx
    .insertInto('jobs')
    .values({
      ...plain,
      ...facts,
      orgId,
      lastSeq: 1,
      args: JSON.stringify(args),
      env: JSON.stringify(env),
      secretNames: JSON.stringify(Object.keys(secrets).sort()),
      artifactGlobs: JSON.stringify(artifacts.globs),
      lagerOutput: artifacts.lagerOutput,
      labels: JSON.stringify(labels),
      requires: JSON.stringify(sorted),
      targetKind: target.kind,
      targetId: target.id,
      requirementKey: requirementKey(target, sorted),
      queueKey: target.queueKey,
      submittedBy: actor,
      runnableAt: sql`now()`,
      queueDeadlineAt: sql`now() + ${submission.queueTimeoutSeconds} * interval '1 second'`,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

function refuseLargeScript(script: string): void {
  const size = Buffer.byteLength(script)
  if (size <= LIMITS.scriptBytes) return
  const message = `must be at most ${LIMITS.scriptBytes} bytes, is ${size}`
  throw new DomainError('too_large', `script: ${message}.`, { limitBytes: LIMITS.scriptBytes }, [
    { path: 'script', message },
  ])
}

type ResolvedTarget = { kind: Job['targetKind']; id: string | null; queueKey: string }

async function resolveTarget(tx: Transaction<Database>, orgId: OrgId, target: Target): Promise<ResolvedTarget> {
  if ('any' in target) return { kind: 'any', id: null, queueKey: 'any' }
  const [kind, name] = 'box' in target ? (['box', target.box] as const) : (['group', target.group] as const)
  const named = (table: 'boxes' | 'groups') =>
    tx.selectFrom(table).select('id').where('orgId', '=', orgId).where('name', '=', name)
  const found = await (kind === 'box'
    ? named('boxes').where('removedAt', 'is', null)
    : named('groups')
  ).executeTakeFirst()
  if (!found)
    throw new Invalid([{ path: `target.${kind}`, message: `There is no ${kind} named ${JSON.stringify(name)}.` }])
  return { kind, id: found.id, queueKey: `${kind}:${name}` }
}

/** Stores a script once per organisation and content. Returns its SHA-256 in hex. */
async function storeScript(tx: Transaction<Database>, orgId: OrgId, script: string): Promise<string> {
  const inline = Buffer.from(script, 'utf8')
  const sha256 = createHash('sha256').update(inline).digest('hex')
  const facts = { orgId, sha256, kind: 'script' as const, sizeBytes: inline.length, inline, objectKey: null }
  const { kind } = await putBundle(tx, facts)
  if (kind === 'zip')
    throw new Invalid([{ path: 'script', message: 'is a zip that was uploaded; submit it as bundle' }])
  return sha256
}

/** Holds an uploaded bundle for the job: a sweep that wants to remove it comes before us, or finds the job. */
async function holdZip(tx: Transaction<Database>, orgId: OrgId, sha256: string): Promise<string> {
  if ((await holdBundle(tx, orgId, sha256)) !== 'zip') throw unknownBundle(sha256)
  return sha256
}

function requirementKey(target: ResolvedTarget, requires: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([target.kind, target.id, requires]))
    .digest('hex')
    .slice(0, 32)
}
