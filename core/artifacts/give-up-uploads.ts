import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt, Database } from '../../db/schema'
import { askToStop } from '../attempts/control'
import { hasSucceeded, verdict } from '../attempts/finish-attempt'
import { PRESENCE_GAP_SECONDS } from '../attempts/presence'
import type { AttemptRef } from '../attempts/tokens'
import type { JobId } from '../ids'
import { transitionMany } from '../jobs/transition'

/** The supervisor has the same limit, and comes first. */
const SUPERVISOR_FIRST_SECONDS = 30
const BATCH = 200

type Stuck = AttemptRef & Pick<Attempt, 'exitCode' | 'signal' | 'endedBy' | 'error'> & { uploading: number }

/**
 * Attempts whose uploads made no progress for too long while their supervisor is in contact: it is told to stop, and says done
 * then. A job that still waits for files fails at once; one that waits for something else (its last lines, say) gets its verdict at
 * the end. Time counts only from the moment that the box API began to listen.
 * @param limitSeconds UPLOAD_LIMIT_SECONDS
 * @param contactSeconds how fresh the contact must be; otherwise the lost limit decides
 */
export async function giveUpUploads(
  db: Db,
  limitSeconds: number,
  contactSeconds: number,
  gapSeconds = PRESENCE_GAP_SECONDS,
): Promise<number> {
  const stuck = await findStuck(db, limitSeconds, contactSeconds, gapSeconds)
  for (const { jobId } of stuck) {
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
      // asked again now that no exit and no end can come: it may have made progress in between
      const [still] = await findStuck(tx, limitSeconds, contactSeconds, gapSeconds, jobId)
      if (still) await giveUp(tx, still, limitSeconds)
    })
  }
  return stuck.length
}

async function findStuck(
  db: Db | Transaction<Database>,
  limitSeconds: number,
  contactSeconds: number,
  gapSeconds: number,
  only?: JobId,
): Promise<Stuck[]> {
  const { rows } = await sql<Stuck>`
    select a.job_id, a.attempt, a.exit_code, a.signal, a.ended_by, a.error,
      (select count(*) from artifacts f where f.job_id = a.job_id and f.attempt = a.attempt and f.state = 'uploading')
        as uploading
    from attempts a
    join log_heads h using (job_id, attempt)
    cross join box_api_presence p
    where a.phase = 'exited' and a.stop_reason is null ${only === undefined ? sql`` : sql`and a.job_id = ${only}`}
      and greatest(a.exited_at, a.upload_heard_at, p.listening_since_at)
        <= now() - ${limitSeconds + SUPERVISOR_FIRST_SECONDS} * interval '1 second'
      and h.last_heard_at > now() - ${contactSeconds} * interval '1 second'
      and p.last_beat_at > now() - ${gapSeconds} * interval '1 second'
    limit ${BATCH}`.execute(db)
  return rows
}

async function giveUp(tx: Transaction<Database>, stuck: Stuck, limitSeconds: number): Promise<void> {
  const { jobId, attempt, uploading } = stuck
  const why = `The upload of artifacts made no progress for ${limitSeconds} s.`
  if (uploading > 0) {
    const succeeded = hasSucceeded(stuck)
    const failureClass = succeeded ? ('artifacts' as const) : ('script' as const)
    const error = succeeded ? why : `${verdict(stuck)} ${why}`
    const set = { failureClass, error }
    await transitionMany(tx, [{ jobId, attempt, type: 'fail', actor: 'sweep:upload_limit', set, data: { uploading } }])
  }
  await askToStop(tx, { jobId, attempt }, why)
}
