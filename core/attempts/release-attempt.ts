import type { Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import { recordBoxEvents } from '../boxes/box-events'
import { lockBox, visibleBox } from '../boxes/fleet-rows'
import { type HeldSlot, heldSlots } from '../boxes/held-slots'
import { type Ctx, requireTo } from '../context'
import { DomainError } from '../errors'
import type { BoxId, JobId } from '../ids'
import { isTerminal } from '../jobs/state'
import { transition } from '../jobs/transition'
import { closeAttempt, lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/** `jobId` says whose hold is released; not needed where one job alone holds the box. */
export type Release = { reason: string; jobId?: JobId | undefined }

/**
 * Frees a slot whose supervisor lives out of reach: people have looked at the bench and answer for it. The attempt closes, so a
 * supervisor that comes back gets 410, ends its script and leaves; until then that script may still drive the bench beside the
 * next job. A job that was still on the way fails as lost.
 * @param contactSeconds how long a supervisor must not have been heard of
 * @throws NotFound; DomainError `forbidden`, or `conflict` whose detail's reason is `not_held`, `ambiguous`, `reserved`,
 *   `working` (cancel the job first) or `ending` (its supervisor is about to free the box)
 */
export async function releaseAttempt(ctx: Ctx, boxId: BoxId, release: Release, contactSeconds?: number): Promise<void> {
  requireTo(ctx, 'manage')
  await ctx.db.transaction().execute(async (tx) => {
    const { name } = await visibleBox(tx, ctx, boxId)
    const ref = refOf(name, pick(name, await heldSlots(tx, [boxId], contactSeconds), release))
    await lockAttempt(tx, ref)
    const held = (await heldSlots(tx, [boxId], contactSeconds)).find(({ jobId }) => jobId === ref.jobId)
    if (held?.attempt !== ref.attempt) throw refused('not_held', `${name} is not held by that job any more.`)
    if (!held.releasable) throw stillAtWork(name, held)
    await endJob(tx, ctx, ref, held, release.reason)
    const data = { reason: release.reason, requestId: ctx.requestId }
    await closeAttempt(tx, ref, { by: 'released', actor: ctx.actor, data })
    const box = await lockBox(tx, ctx, boxId)
    const told = { ...ref, jobName: held.jobName, hold: held.hold, ...data }
    await recordBoxEvents(tx, box, ctx.actor, [{ type: 'box_released', data: told }])
  })
}

const refused = (reason: string, message: string) => new DomainError('conflict', message, { reason })

function pick(boxName: string, slots: readonly HeldSlot[], { jobId }: Release): HeldSlot {
  const meant = jobId === undefined ? slots : slots.filter((slot) => slot.jobId === jobId)
  const [first, ...others] = meant
  if (!first) throw refused('not_held', `${boxName} is not held${jobId === undefined ? '' : ` by ${jobId}`}.`)
  if (others.length === 0) return first
  const names = meant.map((slot) => slot.jobId ?? 'a reservation').join(', ')
  throw refused('ambiguous', `${boxName} is held by ${names}; say whose hold is meant by jobId.`)
}

function refOf(boxName: string, { jobId, attempt }: HeldSlot): AttemptRef {
  if (jobId !== null && attempt !== null) return { jobId, attempt }
  throw refused('reserved', `${boxName} is held by a reservation.`)
}

function stillAtWork(boxName: string, { hold, jobName }: HeldSlot): DomainError {
  const message =
    hold === 'ending'
      ? `The supervisor of ${jobName} is in contact and ends what is left of it; ${boxName} will be free by itself.`
      : `${jobName} is at work on ${boxName}. Cancel it first.`
  return refused(hold, message)
}

async function endJob(tx: Transaction<Database>, ctx: Ctx, ref: AttemptRef, held: HeldSlot, reason: string) {
  if (held.jobState === null || isTerminal(held.jobState)) return
  const error = `The box was released by hand while its supervisor was out of contact: ${reason}`
  const set = { failureClass: 'box_lost' as const, error }
  await transition(tx, ref.jobId, {
    type: 'fail',
    actor: ctx.actor,
    attempt: ref.attempt,
    set,
    data: { detail: error },
  })
}
