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

/** What placement looks at when it compares a job with a box. */
export type Wish = Pick<WaitingJob, 'targetKind' | 'targetId' | 'requires' | 'restingOn'>

export type Placement = { jobId: JobId; boxId: BoxId; slot: number }
export type Decision = { placements: Placement[]; waits: Map<string, WaitReason[]> }

const DETAIL_CHARACTERS = 500

/** Why a box can't take a job now: the first reason, lasting ones before passing ones. */
function whyNot(
  box: CandidateBox,
  requirements: readonly Requirement[],
  restsUntil: Date | undefined,
  now: Date,
): { code: WaitCode; detail?: string } | undefined {
  const missing = requirements.find((requirement) => !meets(box, requirement))
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
  if (restsUntil && restsUntil > now) return { code: 'box_resting', detail: `until ${restsUntil.toISOString()}` }
  if (box.freeSlots.length === 0) return { code: 'box_leased' }
  if (box.lockHolder !== null) return { code: 'box_locked_outside', detail: box.lockHolder }
  return undefined
}

const requirementsOf = (job: Pick<Wish, 'requires'>): Requirement[] =>
  job.requires.flatMap((text) => parseRequirement(text) ?? [])

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
  const boxes = input.boxes.map((box) => ({ ...box, freeSlots: [...box.freeSlots] }))
  const keys = keysOf(boxes, input.jobs, input.now)
  const share = new Map(input.onBoxes)
  const placements: Placement[] = []
  const waits = new Map<string, WaitReason[]>()
  for (const job of inTurn(input.jobs, share)) {
    const key = keys.get(job.requirementKey)
    if (!key) continue
    while (key.fitting[0]?.freeSlots.length === 0) key.fitting.shift()
    const rests = (box: Box) => (job.restingOn.get(box.id) ?? input.now) > input.now
    const best = key.fitting.find((box) => box.freeSlots.length > 0 && !rests(box))
    const slot = best?.freeSlots.shift()
    if (best && slot !== undefined) {
      placements.push({ jobId: job.id, boxId: best.id, slot })
      share.set(job.submittedBy, (share.get(job.submittedBy) ?? 0) + 1)
    } else if (!waits.has(job.requirementKey)) {
      waits.set(job.requirementKey, reasonsFor(key.targeted, job, input.now))
    }
  }
  return { placements, waits }
}

type Box = CandidateBox & { freeSlots: number[] }
/** What jobs of one requirement key have in common: the boxes they are for, and those of them that could take one, best first. */
type Key = { targeted: Box[]; fitting: Box[] }

/** A pass looks at every box for every key, not for every job: there may be ten thousand of these. */
function keysOf(boxes: Box[], jobs: readonly WaitingJob[], now: Date): Map<string, Key> {
  const targetedBy = targetsAmong(boxes)
  const oneOfEach = [...new Map(jobs.map((job) => [job.requirementKey, job])).values()]
  const keys = oneOfEach.map((job) => ({
    name: job.requirementKey,
    targeted: targetedBy(job),
    requirements: requirementsOf(job),
  }))
  // How many keys want each box: the one wanted least is given away first, and of these the one that can do least.
  const demand = new Map(boxes.map((box) => [box.id, (box.nets.length + Object.keys(box.labels).length) / 1_000]))
  for (const { targeted, requirements } of keys)
    for (const box of targeted)
      if (requirements.every((requirement) => meets(box, requirement)))
        demand.set(box.id, (demand.get(box.id) ?? 0) + 1)
  const bestFirst = boxes.toSorted(
    (a, b) => (demand.get(a.id) ?? 0) - (demand.get(b.id) ?? 0) || a.name.localeCompare(b.name),
  )
  const rank = new Map(bestFirst.map((box, index) => [box.id, index]))
  return new Map(
    keys.map(({ name, targeted, requirements }) => {
      const fitting = targeted.filter((box) => whyNot(box, requirements, undefined, now) === undefined)
      return [name, { targeted, fitting: fitting.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0)) }]
    }),
  )
}

/** As `isTarget`, without a look at every box for a job that names one. */
function targetsAmong(boxes: Box[]): (job: WaitingJob) => Box[] {
  const byId = new Map<string | null, Box>(boxes.map((box) => [box.id, box]))
  return (job) => {
    if (job.targetKind !== 'box') return boxes.filter((box) => isTarget(box, job))
    const box = byId.get(job.targetId)
    return box ? [box] : []
  }
}

/** Why a job waits: one entry a reason, with the boxes that it keeps away. */
export function reasonsFor(targeted: readonly CandidateBox[], job: Wish, now: Date): WaitReason[] {
  if (targeted.length === 0) return [{ code: job.targetKind === 'any' ? 'no_free_box' : 'no_such_target', boxes: [] }]
  const requirements = requirementsOf(job)
  const byReason = new Map<string, WaitReason>()
  for (const box of targeted) {
    const reason = whyNot(box, requirements, job.restingOn.get(box.id), now)
    if (!reason) continue
    const key = `${reason.code} ${reason.detail ?? ''}`
    const known = byReason.get(key)
    if (known) known.boxes.push(box.name)
    else byReason.set(key, { ...reason, boxes: [box.name] })
  }
  return byReason.size > 0 ? [...byReason.values()] : [{ code: 'no_free_box', boxes: targeted.map((box) => box.name) }]
}

/** True if the job's target is this box, a group of it, or any box. */
export function isTarget(box: CandidateBox, job: Pick<Wish, 'targetKind' | 'targetId'>): boolean {
  if (job.targetKind === 'any') return true
  if (job.targetKind === 'box') return box.id === job.targetId
  return job.targetId !== null && box.groupIds.includes(job.targetId)
}

function meets(box: CandidateBox, requirement: Requirement): boolean {
  if (requirement.kind === 'label') return box.labels[requirement.key] === requirement.value
  const type = requirement.type.toLowerCase()
  return box.nets.filter((net) => net.type.toLowerCase() === type).length >= requirement.count
}

function byPriorityThenAge(a: WaitingJob, b: WaitingJob): number {
  return b.priority - a.priority || a.runnableAt.getTime() - b.runnableAt.getTime() || (a.id < b.id ? -1 : 1)
}

type Line = { submitter: string; jobs: readonly WaitingJob[]; next: number }

/** The jobs in the order of their turns: of the highest priority, the oldest of the submitter whose share is smallest by then. */
function* inTurn(jobs: readonly WaitingJob[], share: ReadonlyMap<string, number>): Generator<WaitingJob> {
  const goesBefore = (a: Line, b: Line) => {
    const more = (share.get(a.submitter) ?? 0) - (share.get(b.submitter) ?? 0)
    return more < 0 || (more === 0 && byPriorityThenAge(a.jobs[a.next] as WaitingJob, b.jobs[b.next] as WaitingJob) < 0)
  }
  for (const alike of Map.groupBy(jobs.toSorted(byPriorityThenAge), (job) => job.priority).values()) {
    const bySubmitter = Map.groupBy(alike, (job) => job.submittedBy)
    let lines: Line[] = [...bySubmitter].map(([submitter, ofOne]) => ({ submitter, jobs: ofOne, next: 0 }))
    while (lines.length > 0) {
      const first = lines.reduce((best, line) => (goesBefore(line, best) ? line : best))
      yield first.jobs[first.next++] as WaitingJob
      if (first.next === first.jobs.length) lines = lines.filter((line) => line !== first)
    }
  }
}
