import { z } from 'zod'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { JOB_STATES } from '../jobs/state'
import { visibleJob } from '../jobs/visible-job'
import { idIn } from './actor'

/** One thing that happened to a job or a box. */
export const eventViewSchema = z
  .object({
    seq: z.number().int().meta({ description: 'Gapless per job or box, from 1.' }),
    type: z.string(),
    state: z
      .enum(JOB_STATES)
      .nullable()
      .meta({ description: 'State of the job after it, where it changed the state.' }),
    actor: z.string().meta({ description: 'user:…, token:…, box:…, sweep:… or placement' }),
    actorName: z.string().nullable(),
    attempt: z.number().int().nullable(),
    data: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Event' })
export type EventView = z.infer<typeof eventViewSchema>

/** What happened to a job, oldest first. `cursor` is the seq of the last event of the page before. @throws NotFound */
export async function listEvents(
  ctx: Ctx,
  jobId: JobId,
  { cursor, limit }: { cursor?: number | undefined; limit: number },
): Promise<{ items: EventView[]; nextCursor: number | null }> {
  await visibleJob(ctx.db, ctx, jobId)
  const rows = await eventRows(ctx, jobId)
    .where('events.seq', '>', cursor ?? 0)
    .orderBy('events.seq')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(toEventView)
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.seq ?? null) : null }
}

/** The events of a subject that the caller may see, each with the name of who caused it. */
export function eventRows({ db }: Ctx, subject: string) {
  return db
    .selectFrom('events')
    .leftJoin('users', (join) => join.on('users.id', '=', idIn('user', 'events.actor')))
    .leftJoin('apiTokens', (join) => join.on('apiTokens.id', '=', idIn('token', 'events.actor')))
    .leftJoin('boxes', (join) => join.on('boxes.id', '=', idIn('box', 'events.actor')))
    .select(['events.seq', 'events.type', 'events.state', 'events.actor', 'events.attempt', 'events.data', 'events.at'])
    .select((eb) => eb.fn.coalesce('users.name', 'apiTokens.name', 'boxes.name').as('actorName'))
    .where('events.subject', '=', subject)
}
type Row = Awaited<ReturnType<ReturnType<typeof eventRows>['executeTakeFirstOrThrow']>>

export function toEventView(row: Row): EventView {
  return { ...row, at: row.at.toISOString() }
}
