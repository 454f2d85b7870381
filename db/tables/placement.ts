import type { Generated } from 'kysely'
import type { BoxId, JobId, OrgId } from '../../core/ids'
import type { DefaultNow, Json } from './column'

/** One reason that keeps jobs of a requirement key waiting, and the boxes that it speaks of. */
export type WaitReason = { code: WaitCode; boxes: string[]; detail?: string }

export const WAIT_CODES = [
  'no_free_box',
  'box_offline',
  'box_leased',
  'box_locked_outside',
  'box_resting',
  'box_draining',
  'missing_net',
  'label_mismatch',
  'identity_mismatch',
  'no_such_target',
  'cannot_call_back',
  'no_access',
  'not_before',
  'held',
] as const

export type WaitCode = (typeof WAIT_CODES)[number]

export interface LeasesTable {
  boxId: BoxId
  slot: number
  orgId: OrgId
  jobId: JobId | null
  attempt: number | null
  reservationId: string | null
  acquiredAt: DefaultNow
}

export interface BoxRestsTable {
  jobId: JobId
  boxId: BoxId
  tries: Generated<number>
  /** How many of the tries ended in silence instead of a refusal. */
  silentTries: Generated<number>
  untilAt: Date
  why: Json<{ kind: string; detail: string }>
}

export interface WaitReasonsTable {
  orgId: OrgId
  requirementKey: string
  reasons: Json<WaitReason[]>
  changedAt: DefaultNow
}
