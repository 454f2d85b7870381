import { createHash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { Database, Job } from '../../db/schema'
import { type Ctx, requireTo } from '../context'
import { DomainError, Invalid } from '../errors'
import { recordEvents } from '../events/record-events'
import { newId, type OrgId } from '../ids'
import { LIMITS, type Submission, type Target } from './submission'

/**
 * Accepts a job: its bundle, the row, the event and the outbox entry that asks for placement commit together.
 * @throws DomainError `too_large` for a script over the limit; Invalid for an unknown box or group; `forbidden`
 */
export async function submitJob(ctx: Ctx, submission: Submission): Promise<Job> {
  requireTo(ctx, 'run')
  const script = Buffer.from(submission.script, 'utf8')
  if (script.length > LIMITS.scriptBytes) {
    const message = `must be at most ${LIMITS.scriptBytes} bytes, is ${script.length}`
    throw new DomainError('too_large', `script: ${message}.`, { limitBytes: LIMITS.scriptBytes }, [
      { path: 'script', message },
    ])
  }
  return await ctx.db.transaction().execute(async (tx) => {
    const target = await resolveTarget(tx, ctx.orgId, submission.target)
    const bundleSha256 = await storeScript(tx, ctx.orgId, script)
    const { script: _, target: __, args, env, labels, requires, ...plain } = submission
    const sorted = [...new Set(requires)].sort()
    const job = await tx
      .insertInto('jobs')
      .values({
        ...plain,
        id: newId('job'),
        orgId: ctx.orgId,
        lastSeq: 1,
        bundleSha256,
        args: JSON.stringify(args),
        env: JSON.stringify(env),
        labels: JSON.stringify(labels),
        requires: JSON.stringify(sorted),
        targetKind: target.kind,
        targetId: target.id,
        requirementKey: requirementKey(target, sorted),
        queueKey: target.queueKey,
        submittedBy: ctx.actor,
        runnableAt: sql`now()`,
        queueDeadlineAt: sql`now() + ${submission.queueTimeoutSeconds} * interval '1 second'`,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    const { id: subject, orgId, state } = job
    const data = { name: job.name, queueKey: job.queueKey, requestId: ctx.requestId }
    await recordEvents(tx, [{ subject, seq: 1, orgId, type: 'submitted', state, actor: ctx.actor, data }])
    return job
  })
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
async function storeScript(tx: Transaction<Database>, orgId: OrgId, script: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(script).digest('hex')
  await tx
    .insertInto('bundles')
    .values({ orgId, sha256, kind: 'script', sizeBytes: script.length, inline: script, objectKey: null })
    .onConflict((oc) => oc.doNothing())
    .execute()
  return sha256
}

function requirementKey(target: ResolvedTarget, requires: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([target.kind, target.id, requires]))
    .digest('hex')
    .slice(0, 32)
}
