import { sql } from 'kysely'
import { expect } from 'vitest'
import type { Db } from '../../db/client'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { isTerminal, type JobState, TERMINAL_STATES } from '../jobs/state'

/** The types of what happened to a job, in order. */
export async function typesOf(db: Db, jobId: JobId): Promise<string[]> {
  const events = await db.selectFrom('events').select('type').where('subject', '=', jobId).orderBy('seq').execute()
  return events.map(({ type }) => type)
}

type Facts = {
  state: JobState
  finished: boolean
  lastSeq: number
  wantsSecrets: boolean
  seqs: number[]
  outbox: number
  lastState: JobState
  terminalEvents: number
  open: number
  closedAfterClaim: number
  leases: number
  logsEnded: number
  secrets: number
}

/**
 * What holds of every job of an organisation at every moment: events without gaps, each with its outbox row; one terminal event, if
 * the job is over; state and last event agree; a lease for each open attempt and for nothing else; a closed attempt's log has ended;
 * secrets are there exactly as long as they are needed.
 */
export async function expectSound({ db, orgId }: Pick<Ctx, 'db' | 'orgId'>): Promise<void> {
  const { rows } = await sql<Facts>`
    select j.state, j.finished_at is not null as finished, j.last_seq, j.secret_names <> '[]' as wants_secrets, e.*, a.*,
      (select count(*)::int from outbox where subject = j.id) as outbox,
      (select count(*)::int from leases where job_id = j.id) as leases,
      (select count(*)::int from log_heads where job_id = j.id and ended_at is not null) as logs_ended,
      (select count(*)::int from job_secrets where job_id = j.id) as secrets
    from jobs j
    cross join lateral (
      select array_agg(seq order by seq) as seqs,
        (array_agg(state order by seq desc) filter (where state is not null))[1] as last_state,
        count(*) filter (where state = any (${TERMINAL_STATES}))::int as terminal_events
      from events where subject = j.id) e
    cross join lateral (
      select count(*) filter (where phase <> 'closed')::int as open,
        count(*) filter (where phase = 'closed' and nonce is not null)::int as closed_after_claim
      from attempts where job_id = j.id) a
    where j.org_id = ${orgId}`.execute(db)
  for (const job of rows) {
    const over = isTerminal(job.state)
    expect(job).toMatchObject({
      ...{ finished: over, terminalEvents: over ? 1 : 0, lastState: job.state, outbox: job.lastSeq, leases: job.open },
      seqs: Array.from({ length: job.lastSeq }, (_, index) => index + 1),
      logsEnded: job.closedAfterClaim,
      secrets: job.wantsSecrets && (!over || job.open > 0) ? 1 : 0,
    })
  }
}
