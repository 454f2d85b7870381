import type { Net, WaitCode, WaitReason } from '../../db/schema'
import type { BoxId, JobId } from '../ids'
import { parseRequirement, type Requirement } from './requirements'

/** A box as placement sees it. */
export type CandidateBox = {
  id: BoxId
  name: string
  online: boolean
  draining: boolean
  canCallBack: boolean
  /** What it said when it could not. */
  callBackDetail: string | null
  identityMismatch: boolean
  /** Somebody else's hold on the box's own advisory lock. */
  lockHolder: string | null
  labels: Record<string, string>
  nets: Net[]
  groupIds: readonly string[]
  slots: number
  freeSlots: readonly number[]
}

export type WaitingJob = {
  id: JobId
  requirementKey: string
  targetKind: 'box' | 'group' | 'any'
  targetId: string | null
  requires: readonly string[]
  submittedBy: string
  /** Higher goes first. */
  priority: number
  /** Earlier goes first. */
  runnableAt: Date
  /** Boxes that refused this job lately, each with the instant until which it rests. */
  restingOn: ReadonlyMap<BoxId, Date>
}

export type Placement = { jobId: JobId; boxId: BoxId; slot: number }
export type Decision = { placements: Placement[]; waits: Map<string, WaitReason[]> }

const DETAIL_CHARACTERS = 500

/** Why a box can't take a job now: the first reason, lasting ones before passing ones. */
function whyNot(box: CandidateBox, job: WaitingJob, now: Date): { code: WaitCode; detail?: string } | undefined {
  const missing = job.requires.map(parseRequirement).find((requirement) => requirement && !meets(box, requirement))
  if (missing?.kind === 'label') return { code: 'label_mismatch', detail: `${missing.key}=${missing.value}` }
  if (missing?.kind === 'net') return { code: 'missing_net', detail: `${missing.type} × ${missing.count}` }
  if (box.identityMismatch) return { code: 'identity_mismatch' }
  if (!box.online) return { code: 'box_offline' }
  if (!box.canCallBack)
    return {
      code: 'cannot_call_back',
      ...(box.callBackDetail && { detail: box.callBackDetail.slice(0, DETAIL_CHARACTERS) }),
    }
  if (box.draining) return { code: 'box_draining' }
  const restsUntil = job.restingOn.get(box.id)
  if (restsUntil && restsUntil > now) return { code: 'box_resting', detail: `until ${restsUntil.toISOString()}` }
  if (box.freeSlots.length === 0) return { code: 'box_leased' }
  if (box.lockHolder !== null) return { code: 'box_locked_outside', detail: box.lockHolder }
  return undefined
}

/**
 * Decides which waiting jobs go to which free boxes, and why the others wait. Pure: the same input gives the same answer.
 * Order: priority, then fair share between submitters (whoever has fewest jobs on boxes), then age. Among suitable boxes
 * the one whose abilities are least wanted by the other waiting jobs. A job that cannot run blocks nobody behind it.
 *
 * @param onBoxes how many jobs each submitter has on boxes now
 */
export function decide(input: {
  boxes: readonly CandidateBox[]
  jobs: readonly WaitingJob[]
  onBoxes: ReadonlyMap<string, number>
  now: Date
}): Decision {
  const boxes = new Map(input.boxes.map((box) => [box.id, { ...box, freeSlots: [...box.freeSlots] }]))
  const demand = demandOf([...boxes.values()], input.jobs)
  const share = new Map(input.onBoxes)
  const placements: Placement[] = []
  const waits = new Map<string, WaitReason[]>()
  const waiting = [...input.jobs].sort(byPriorityThenAge)
  while (waiting.length > 0) {
    const job = takeNext(waiting, share)
    const targeted = [...boxes.values()].filter((box) => isTarget(box, job))
    const fitting = targeted.filter((box) => whyNot(box, job, input.now) === undefined)
    const best = fitting.sort(
      (a, b) => (demand.get(a.id) ?? 0) - (demand.get(b.id) ?? 0) || a.name.localeCompare(b.name),
    )[0]
    const slot = best?.freeSlots.shift()
    if (best && slot !== undefined) {
      placements.push({ jobId: job.id, boxId: best.id, slot })
      share.set(job.submittedBy, (share.get(job.submittedBy) ?? 0) + 1)
    } else if (!waits.has(job.requirementKey)) {
      waits.set(job.requirementKey, reasonsFor(targeted, job, input.now))
    }
  }
  return { placements, waits }
}

/** Why a job waits: one entry a reason, with the boxes that it keeps away. */
export function reasonsFor(targeted: readonly CandidateBox[], job: WaitingJob, now: Date): WaitReason[] {
  if (targeted.length === 0) return [{ code: job.targetKind === 'any' ? 'no_free_box' : 'no_such_target', boxes: [] }]
  const byReason = new Map<string, WaitReason>()
  for (const box of targeted) {
    const reason = whyNot(box, job, now)
    if (!reason) continue
    const key = `${reason.code} ${reason.detail ?? ''}`
    const known = byReason.get(key)
    if (known) known.boxes.push(box.name)
    else byReason.set(key, { ...reason, boxes: [box.name] })
  }
  return byReason.size > 0 ? [...byReason.values()] : [{ code: 'no_free_box', boxes: targeted.map((box) => box.name) }]
}

/** True if the job's target is this box, a group of it, or any box. */
export function isTarget(box: CandidateBox, job: WaitingJob): boolean {
  if (job.targetKind === 'any') return true
  if (job.targetKind === 'box') return box.id === job.targetId
  return job.targetId !== null && box.groupIds.includes(job.targetId)
}

function meets(box: CandidateBox, requirement: Requirement): boolean {
  if (requirement.kind === 'label') return box.labels[requirement.key] === requirement.value
  const type = requirement.type.toLowerCase()
  return box.nets.filter((net) => net.type.toLowerCase() === type).length >= requirement.count
}

/** How many requirement keys that are more than "any box" want each box: the box wanted least is given away first. */
function demandOf(boxes: readonly CandidateBox[], jobs: readonly WaitingJob[]): Map<BoxId, number> {
  const oneOfEachKey = [...new Map(jobs.map((job) => [job.requirementKey, job])).values()]
  const wants = (box: CandidateBox, job: WaitingJob) =>
    isTarget(box, job) &&
    job.requires.every((item) => {
      const r = parseRequirement(item)
      return !r || meets(box, r)
    })
  const abilities = (box: CandidateBox) => (box.nets.length + Object.keys(box.labels).length) / 1_000
  return new Map(boxes.map((box) => [box.id, oneOfEachKey.filter((job) => wants(box, job)).length + abilities(box)]))
}

function byPriorityThenAge(a: WaitingJob, b: WaitingJob): number {
  return b.priority - a.priority || a.runnableAt.getTime() - b.runnableAt.getTime() || (a.id < b.id ? -1 : 1)
}

/** Removes and returns the next job: of the highest priority, the oldest of the submitter with the smallest share. */
function takeNext(waiting: WaitingJob[], share: ReadonlyMap<string, number>): WaitingJob {
  const top = waiting[0]?.priority
  let best = 0
  for (const [index, job] of waiting.entries()) {
    if (job.priority !== top) break
    if ((share.get(job.submittedBy) ?? 0) < (share.get(waiting[best]?.submittedBy ?? '') ?? 0)) best = index
  }
  return waiting.splice(best, 1)[0] as WaitingJob
}
