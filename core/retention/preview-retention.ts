import { type Expression, sql } from 'kysely'
import { z } from 'zod'
import { type Ctx, requireTo } from '../context'
import { dueArtifacts, dueJobs, jobsWithDueLog, type Keeps } from './due'
import { type Retention, readRetention, retentionSchema } from './settings'

const amount = () => z.object({ count: z.number().int(), sizeBytes: z.number().int() })

/** What would go by some settings if the sweep ran to its end now. Nothing is removed by asking. */
export const retentionPreviewSchema = z
  .object({
    saved: retentionSchema.meta({ description: 'As it is now.' }),
    retention: retentionSchema.meta({ description: 'What is previewed: the same, or what was given instead.' }),
    wouldRemove: z.object({
      jobs: amount().meta({ description: 'Jobs, and the bytes of their logs (lines, uncompressed) and artifacts.' }),
      logs: amount().meta({ description: 'Logs of jobs that stay.' }),
      artifacts: amount().meta({ description: 'Artifacts of jobs that stay.' }),
    }),
  })
  .meta({ id: 'RetentionPreview' })
export type RetentionPreview = z.infer<typeof retentionPreviewSchema>
type Amount = { count: number; sizeBytes: number }
const NOTHING: Amount = { count: 0, sizeBytes: 0 }

/**
 * The dry run: by the settings that are saved, or by others that somebody thinks of saving.
 * @throws DomainError `forbidden`
 */
export async function previewRetention(
  ctx: Ctx,
  others: { [K in keyof Retention]?: Retention[K] | undefined } = {},
): Promise<RetentionPreview> {
  requireTo(ctx, 'manage')
  const given = Object.entries(others).filter(([, days]) => days !== undefined)
  const saved = await readRetention(ctx.db, ctx.orgId)
  const retention: Retention = { ...saved, ...Object.fromEntries(given) }
  const keeps = (days: number | null): Keeps | undefined => (days === null ? undefined : { orgId: ctx.orgId, days })
  const jobs = keeps(retention.jobsDays)
  const wouldRemove = {
    jobs: await jobsToGo(ctx, jobs),
    logs: await logsToGo(ctx, keeps(retention.logsDays), jobs),
    artifacts: await artifactsToGo(ctx, keeps(retention.artifactsDays), jobs),
  }
  return { saved, retention, wouldRemove }
}

async function jobsToGo({ db }: Ctx, keeps: Keeps | undefined): Promise<Amount> {
  if (!keeps) return NOTHING
  const due = () => dueJobs(db, keeps).select('jobs.id')
  const { count } = await db
    .selectFrom(due().as('due'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const logs = await db
    .selectFrom('logHeads')
    .select(sumOf(sql.ref('size_bytes')))
    .where('jobId', 'in', due())
    .executeTakeFirstOrThrow()
  const files = await db
    .selectFrom('artifacts')
    .select(sumOf(sql.ref('size_bytes')))
    .where('jobId', 'in', due())
    .where('objectKey', 'is not', null)
    .executeTakeFirstOrThrow()
  return { count: Number(count), sizeBytes: logs.sizeBytes + files.sizeBytes }
}

async function logsToGo({ db }: Ctx, keeps: Keeps | undefined, jobs: Keeps | undefined): Promise<Amount> {
  if (!keeps) return NOTHING
  let heads = db
    .selectFrom('logHeads')
    .where('jobId', 'in', jobsWithDueLog(db, keeps).select('jobs.id'))
    .where('sizeBytes', '>', 0)
  if (jobs) heads = heads.where('jobId', 'not in', dueJobs(db, jobs).select('jobs.id'))
  return amountOf(
    await heads
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .select(sumOf(sql.ref('size_bytes')))
      .executeTakeFirstOrThrow(),
  )
}

async function artifactsToGo({ db }: Ctx, keeps: Keeps | undefined, jobs: Keeps | undefined): Promise<Amount> {
  if (!keeps) return NOTHING
  let files = dueArtifacts(db, keeps)
  if (jobs) files = files.where('artifacts.jobId', 'not in', dueJobs(db, jobs).select('jobs.id'))
  const size = sql.ref('artifacts.size_bytes')
  return amountOf(
    await files
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .select(sumOf(size))
      .executeTakeFirstOrThrow(),
  )
}

const sumOf = (size: Expression<unknown>) => sql<number>`coalesce(sum(${size}), 0)::bigint`.as('sizeBytes')
const amountOf = ({ count, sizeBytes }: { count: number; sizeBytes: number }): Amount => ({
  count: Number(count),
  sizeBytes,
})
