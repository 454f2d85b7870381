import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/client'
import { type Job, WAIT_CODES, type WaitReason } from '../../db/schema'
import { ARTIFACT_STATES, artifactCountsSchema } from '../artifacts/artifact-view'
import { tagOf } from '../edits/tag'
import { idIn } from '../events/actor'
import type { OrgId } from '../ids'
import { FAILURE_CLASSES, JOB_STATES, WAITING_STATES } from './state'
import type { Target } from './submission'

export const waitReasonSchema = z
  .object({
    code: z.enum(WAIT_CODES),
    boxes: z.array(z.string()).meta({ description: 'Names of the boxes that it speaks of.' }),
    detail: z.string().optional(),
  })
  .meta({ id: 'WaitReason' })

const instant = () => z.iso.datetime().nullable()

/** A job as every reader gets it. Instants are ISO 8601 texts, so that it looks alike in JSON and in code. */
export const jobViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(JOB_STATES),
    failureClass: z.enum(FAILURE_CLASSES).nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    error: z.string().nullable(),
    target: z.union([
      z.object({ box: z.string() }),
      z.object({ group: z.string() }),
      z.object({ any: z.literal(true) }),
    ]),
    requires: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    args: z.array(z.string()),
    bundle: z
      .object({ sha256: z.string(), kind: z.enum(['script', 'zip']), sizeBytes: z.number().int() })
      .meta({ description: 'The files that it runs: one script, or a zip.' }),
    entry: z.string().meta({ description: 'The file of the bundle that is run.' }),
    secretNames: z.array(z.string()).meta({ description: 'Names of its secrets. Their values are told to nobody.' }),
    artifacts: z
      .object({ globs: z.array(z.string()), lagerOutput: z.boolean() })
      .meta({ description: 'What is kept beside the files in $STOUT_ARTIFACTS.' }),
    boxId: z.string().nullable(),
    boxName: z.string().nullable(),
    attempt: z.number().int().meta({ description: 'Number of the current attempt; 0 before the first.' }),
    attemptPhase: z
      .enum(['placed', 'claimed', 'exited', 'closed'])
      .nullable()
      .meta({ description: 'The job can be over while its attempt still drains; the log ends when it is closed.' }),
    timeoutSeconds: z.number().int(),
    queueTimeoutSeconds: z.number().int(),
    graceSeconds: z.number().int(),
    noOutputTimeoutSeconds: z.number().int().nullable(),
    submittedBy: z.string().meta({ description: 'user:… or token:…' }),
    submitterName: z.string().nullable(),
    createdAt: z.iso.datetime(),
    startedAt: instant(),
    deadlineAt: instant(),
    deadlinePending: z
      .boolean()
      .meta({ description: 'The deadline was moved, and the box has not said yet that it knows.' }),
    finishedAt: instant(),
    waitReasons: z.array(waitReasonSchema).meta({ description: 'Why it waits for a box; empty when it does not.' }),
    queueKey: z.string().meta({ description: 'box:<name>, group:<name> or any' }),
    artifactCounts: artifactCountsSchema,
    lineCount: z.number().int().meta({ description: 'Lines of the current attempt that can be read.' }),
    rerunOf: z.string().nullable().meta({ description: 'The job that it is a rerun of, while that one is kept.' }),
    url: z.string().meta({ description: 'The page of the job.' }),
  })
  .meta({ id: 'Job' })
export type JobView = z.infer<typeof jobViewSchema>

/** Names what people can edit of a job. */
export function jobTag({ id, timeoutSeconds }: Pick<JobView, 'id' | 'timeoutSeconds'>): string {
  return tagOf([id, timeoutSeconds])
}

/** True while a job waits for a box. */
export function isWaiting(state: JobView['state']): boolean {
  return (WAITING_STATES as readonly string[]).includes(state)
}

/** Files of the current attempt, by state. */
const artifactCounts = sql<z.infer<typeof artifactCountsSchema>>`(
  select jsonb_build_object(${sql.join(
    ARTIFACT_STATES.flatMap((state) => [sql.lit(state), sql`count(*) filter (where state = ${sql.lit(state)})`]),
  )}) from artifacts where artifacts.job_id = jobs.id and artifacts.attempt = jobs.attempt)`

/** The rows that views are made of: a job, and what others know of it, in one query. */
export function jobRows(db: Db, orgId: OrgId) {
  return db
    .selectFrom('jobs')
    .innerJoin('bundles', (join) =>
      join.onRef('bundles.orgId', '=', 'jobs.orgId').onRef('bundles.sha256', '=', 'jobs.bundleSha256'),
    )
    .leftJoin('boxes', 'boxes.id', 'jobs.boxId')
    .leftJoin('attempts', (join) =>
      join.onRef('attempts.jobId', '=', 'jobs.id').onRef('attempts.attempt', '=', 'jobs.attempt'),
    )
    .leftJoin('logHeads', (join) =>
      join.onRef('logHeads.jobId', '=', 'jobs.id').onRef('logHeads.attempt', '=', 'jobs.attempt'),
    )
    .leftJoin('waitReasons', (join) =>
      join
        .onRef('waitReasons.orgId', '=', 'jobs.orgId')
        .onRef('waitReasons.requirementKey', '=', 'jobs.requirementKey')
        .on('jobs.state', 'in', WAITING_STATES),
    )
    .leftJoin('users', (join) => join.on('users.id', '=', idIn('user', 'jobs.submitted_by')))
    .leftJoin('apiTokens', (join) => join.on('apiTokens.id', '=', idIn('token', 'jobs.submitted_by')))
    .selectAll('jobs')
    .select(['bundles.kind as bundleKind', 'bundles.sizeBytes as bundleBytes'])
    .select(['boxes.name as boxName', 'attempts.phase as attemptPhase', 'logHeads.lastN', 'waitReasons.reasons'])
    .select((eb) => eb('attempts.controlHeard', '<', eb.ref('attempts.controlVersion')).as('controlPending'))
    .select(artifactCounts.as('artifactCounts'))
    .select((eb) => eb.fn.coalesce('users.name', 'apiTokens.name').as('submitterName'))
    .where('jobs.orgId', '=', orgId)
}
type Row = Awaited<ReturnType<ReturnType<typeof jobRows>['executeTakeFirstOrThrow']>>

/**
 * Makes the view of a job.
 * @param publicUrl where people reach Stout
 * @param waitReasons when somebody knows better than what the last placement pass wrote down
 */
export function toJobView(row: Row, publicUrl: string, waitReasons: WaitReason[] = row.reasons ?? []): JobView {
  const { id, name, state, failureClass, exitCode, signal, error, requires, labels, args, boxId, boxName } = row
  const { attempt, attemptPhase, timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds } = row
  const { submittedBy, submitterName } = row
  return {
    ...{ id, name, state, failureClass, exitCode, signal, error, target: targetOf(row), requires, labels, args },
    ...{ boxId, boxName, attempt, attemptPhase, timeoutSeconds, queueTimeoutSeconds, graceSeconds },
    noOutputTimeoutSeconds,
    ...{ submittedBy, submitterName, entry: row.entry, secretNames: row.secretNames },
    bundle: { sha256: row.bundleSha256, kind: row.bundleKind, sizeBytes: row.bundleBytes },
    artifacts: { globs: row.artifactGlobs, lagerOutput: row.lagerOutput },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    deadlineAt: row.deadlineAt?.toISOString() ?? null,
    deadlinePending: state === 'running' && row.controlPending === true,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    waitReasons: isWaiting(state) ? waitReasons : [],
    queueKey: row.queueKey,
    artifactCounts: row.artifactCounts,
    lineCount: row.lastN ?? 0,
    rerunOf: row.rerunOf,
    url: `${publicUrl}/jobs/${id}`,
  }
}

/** The target as it was named at submission. */
export function targetOf({ targetKind, queueKey }: Pick<Job, 'targetKind' | 'queueKey'>): Target {
  if (targetKind === 'any') return { any: true }
  const name = queueKey.slice(targetKind.length + 1)
  return targetKind === 'box' ? { box: name } : { group: name }
}
