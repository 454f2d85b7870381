import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../../core/errors'
import type { JobId } from '../../core/ids'
import { visibleJob } from '../../core/jobs/visible-job'
import { artifactsTopic, boxesTopic, jobsTopic, jobTopic, logTopic } from '../../core/live/bus'
import { lastLine, visibleAttempt } from '../../core/logs/read-log'
import { answer } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import type { Web } from '../compose'
import { eventStream, frame } from './event-stream'

const MAX_TOPICS = 64
/** After a message of a topic, the next one of it comes no earlier than this. */
const PACE_MS = 50
const JOB = /^job:(job_[0-9a-z]{1,80})$/
const ARTIFACTS = /^artifacts:(job_[0-9a-z]{1,80})$/
const LOG = /^log:(job_[0-9a-z]{1,80}):([1-9][0-9]{0,8})$/

/** A topic as the caller names it, its topic on the bus, and how far it has come; some have no order and only wake. */
type Topic = { name: string; onBus: string; now?: () => Promise<number> }

/**
 * GET /api/live?topics=job:<id>,log:<id>:<attempt>,artifacts:<id>,jobs,boxes: the one live stream of a tab. It says only that something moved,
 * and how far: `{ topic, n }`; the tab reads what it shows. n is the last event of a job, the last line of a log; 0 says only
 * that there may be something new, which is all that `jobs`, `boxes` and `artifacts` ever say. Each topic is said once at the beginning.
 */
export async function handleLive(web: Web, request: Request): Promise<Response> {
  return await answer(web, request, async (requestId, named) => {
    named('/api/live')
    const ctx = await enter(web, request, requestId)
    const names = new URL(request.url).searchParams.getAll('topics').flatMap((text) => text.split(','))
    const wanted = [...new Set(names)].filter((name) => name !== '')
    if (wanted.length === 0 || wanted.length > MAX_TOPICS) {
      throw new DomainError('bad_request', `topics: must name 1 to ${MAX_TOPICS} topics.`)
    }
    const topics = await Promise.all(wanted.map((name) => resolve(ctx, name)))
    return eventStream(web, request, ctx, 'live', (signal) => wakeUps(web, topics, signal))
  })
}

/** Checks that the caller may see it. @throws NotFound, or DomainError `bad_request` for what is no topic */
async function resolve(ctx: RequestCtx, name: string): Promise<Topic> {
  if (name === 'jobs') return { name, onBus: jobsTopic(ctx.orgId) }
  if (name === 'boxes') return { name, onBus: boxesTopic(ctx.orgId) }
  const [jobId, attempt] = (JOB.exec(name) ?? LOG.exec(name) ?? ARTIFACTS.exec(name) ?? []).slice(1)
  if (!jobId) throw new DomainError('bad_request', `topics: ${JSON.stringify(name)} is no topic.`)
  const id = jobId as JobId
  const job = await visibleJob(ctx.db, ctx, id)
  if (ARTIFACTS.test(name)) return { name, onBus: artifactsTopic(id) }
  if (!attempt) {
    return { name, onBus: jobTopic(id), now: async () => (await visibleJob(ctx.db, ctx, id)).lastSeq }
  }
  const ref = { jobId: id, attempt: visibleAttempt(job, Number(attempt)) }
  return { name, onBus: logTopic(id, ref.attempt), now: () => lastLine(ctx, ref) }
}

/** Wake-ups, coalesced by topic: the first after a quiet spell at once, then at most one each 50 ms. */
async function* wakeUps({ bus }: Pick<Web, 'bus'>, topics: Topic[], signal: AbortSignal): AsyncGenerator<string> {
  const pending = new Map<string, number>()
  const saidAt = new Map<string, number>()
  let ring: () => void = () => undefined
  const note = (name: string, n: number) => {
    const before = pending.get(name)
    pending.set(name, n === 0 || before === 0 ? 0 : Math.max(n, before ?? 0))
    ring()
  }
  const ends = topics.map(({ name, onBus, now }) => bus.subscribe(onBus, (n) => note(name, now ? n : 0)))
  try {
    for (const { name, now } of topics) if (!pending.has(name)) note(name, now ? await now() : 0)
    while (!signal.aborted) {
      const rang = new Promise<void>((done) => {
        ring = done
      })
      const due = [...pending].filter(([name]) => Date.now() - (saidAt.get(name) ?? 0) >= PACE_MS)
      for (const [name] of due) {
        pending.delete(name)
        saidAt.set(name, Date.now())
      }
      if (due.length > 0) yield due.map(([topic, n]) => frame({ topic, n })).join('')
      else if (pending.size > 0) await pause(PACE_MS / 2, signal)
      else await untilRung(rang, signal)
    }
  } finally {
    for (const end of ends) end()
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

async function untilRung(rang: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve: done } = Promise.withResolvers<void>()
  const onAbort = () => done()
  signal.addEventListener('abort', onAbort)
  await Promise.race([rang, promise])
  signal.removeEventListener('abort', onAbort)
}
