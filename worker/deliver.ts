import type { JobId, OrgId } from '../core/ids'
import {
  artifactsTopic,
  boxesTopic,
  controlTopic,
  jobsTopic,
  jobTopic,
  type LiveBus,
  type Wake,
} from '../core/live/bus'
import { requestPlacement } from '../core/placement/place-jobs'
import type { Db } from '../db/client'
import type { Event } from '../db/schema'
import type { Log } from './log'
import type { Deliveries, Queues } from './queues'
import type { Deliver } from './relay'

/** Events after which a job may be placed (it became ready, or its box became free), or waits for another reason. */
const ASKS_FOR_PLACEMENT = new Set(['submitted', 'return', 'retry', 'attempt_closed', 'group_deleted'])
const TIDIED_AT_ONCE = 16
/** Events of a job that change nothing of what its supervisor is told: it caused them itself, or is not there yet. */
const TELLS_NO_SUPERVISOR = new Set(['place', 'start', 'exit', 'complete'])
const isOfBox = (subject: string) => subject.startsWith('box_')
const isOfJob = (subject: string) => subject.startsWith('job_')

type Deps = {
  db: Db
  bus: LiveBus
  queues: Queues
  log: Log
  /** Begins to place jobs of an organisation and returns at once. Should it come to nothing, a sweep sees the open request. */
  place: (orgId: OrgId) => void
}

/** What follows from committed events: pages wake up, placement runs, boxes' locks are released, supervisors are told. */
export function deliverEvents({ db, bus, queues, log, place }: Deps): Deliver {
  return async (events) => {
    for (const event of events) tellOfRequest(log, event)
    const asking = events.filter(({ type, subject }) => ASKS_FOR_PLACEMENT.has(type) || isOfBox(subject))
    const orgs = new Set(asking.map(({ orgId }) => orgId))
    await requestPlacement(db, [...orgs])
    orgs.forEach(place)
    await Promise.all([
      ...attemptsToTidy(events).map((refs) => queues.add('tidy', { refs }, { id: `tidy-${crypto.randomUUID()}` })),
      bus.publish(events.flatMap(wakesOf)).catch(() => undefined), // readers look again by themselves
    ])
  }
}

/** What people asked for is told with the id of their request, so that it can be followed from the web process to here. */
function tellOfRequest(log: Log, { subject, type, attempt, data: { requestId } }: Event): void {
  if (typeof requestId !== 'string') return
  const of = isOfJob(subject) ? { jobId: subject, attempt } : isOfBox(subject) ? { boxId: subject } : { orgId: subject }
  log.info({ ...of, type, requestId }, 'event')
}

/** Attempts that closed, as many as a delivery takes: one for each would be most of what the queues do. */
function attemptsToTidy(events: Event[]): Deliveries['tidy']['refs'][] {
  const refs = events.flatMap(({ type, subject, attempt }) =>
    type === 'attempt_closed' && attempt !== null ? [{ jobId: subject as JobId, attempt }] : [],
  )
  const deliveries = Math.ceil(refs.length / TIDIED_AT_ONCE)
  return Array.from({ length: deliveries }, (_, n) => refs.slice(n * TIDIED_AT_ONCE, (n + 1) * TIDIED_AT_ONCE))
}

function wakesOf({ subject, seq, orgId, type, attempt }: Event): Wake[] {
  if (isOfBox(subject)) return [{ topic: boxesTopic(orgId), n: seq }]
  if (!isOfJob(subject)) return []
  const wakes = [
    { topic: jobTopic(subject), n: seq },
    { topic: jobsTopic(orgId), n: seq },
  ]
  const leaseMoved = type === 'place' || type === 'attempt_closed'
  if (leaseMoved) wakes.push({ topic: boxesTopic(orgId), n: seq })
  if (type === 'attempt_closed') wakes.push({ topic: artifactsTopic(subject), n: 0 })
  if (attempt !== null && !TELLS_NO_SUPERVISOR.has(type)) wakes.push({ topic: controlTopic(subject, attempt), n: seq })
  return wakes
}
