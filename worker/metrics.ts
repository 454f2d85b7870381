import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AttemptRef } from '../core/attempts/tokens'
import type { Db } from '../db/client'
import type { Attempt } from '../db/schema'
import { levelGauges } from './metrics-levels'

/** Claims of which the first line is still awaited; the oldest are forgotten beyond this. */
const AWAITED = 10_000
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** One group commit of log batches. */
export type Commit = { batches: number; lines: number; sizeBytes: number; seconds: number }
export type Metrics = ReturnType<typeof openMetrics>

/**
 * What a worker tells at /metrics; docs/operations.md describes each. Levels (queues, drains, outbox) are read from the database
 * when they are asked for and are alike in all workers; the rest is what this process did.
 */
export function openMetrics(db: Db) {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const histogram = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Histogram({ name: `stout_${name}`, help, labelNames, buckets: SECONDS, registers: [register] })
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `stout_${name}`, help, labelNames, registers: [register] })
  const gauge = (name: string, help: string) => new Gauge({ name: `stout_${name}`, help, registers: [register] })
  const refresh = levelGauges(register, db)
  return {
    /** Everything in the text format of Prometheus. */
    async text(): Promise<string> {
      await refresh()
      return await register.metrics()
    },
    contentType: register.contentType,
    pass: histogram('placement_pass_seconds', 'One placement pass of an organisation, from its lock to its commit.'),
    placed: counter('placed_total', 'Attempts that passes of this worker have placed.'),
    dispatch: histogram('dispatch_seconds', 'From taking a placed attempt in hand to the answer of its box.', [
      'outcome',
    ]),
    request: histogram('box_api_request_seconds', 'Requests of supervisors.', ['verb', 'status']),
    controlStreams: gauge('control_streams', 'Open control streams of supervisors.'),
    openSockets: gauge('open_sockets', 'WebSockets that are open.'),
    delivered: counter('outbox_delivered_total', 'Events that this worker has sent on.'),
    ...ingest(histogram, counter),
    ...claims(histogram),
    turn: turns(register, histogram, counter),
  }
}

type MakeHistogram = <L extends string>(name: string, help: string, labelNames?: L[]) => Histogram<L>
type MakeCounter = <L extends string>(name: string, help: string, labelNames?: L[]) => Counter<L>

function ingest(histogram: MakeHistogram, counter: MakeCounter) {
  const lines = counter(
    'ingest_lines_total',
    'Log lines that arrived, before those were dropped that were there already.',
  )
  const bytes = counter('ingest_bytes_total', 'Their bytes, records with their headers, uncompressed.')
  const batches = counter('ingest_batches_total', 'Batches in which they arrived.')
  const commit = histogram('ingest_commit_seconds', 'One group commit of batches.')
  return {
    committed(one: Commit): void {
      lines.inc(one.lines)
      bytes.inc(one.sizeBytes)
      batches.inc(one.batches)
      commit.observe(one.seconds)
    },
  }
}

function claims(histogram: MakeHistogram) {
  const claim = histogram('claim_seconds', 'From the placement of an attempt to the claim of its supervisor.')
  const firstLine = histogram(
    'first_line_seconds',
    'From a claim to the first durable line, where one worker saw both.',
  )
  const awaited = new Map<string, number>()
  const keyOf = ({ jobId, attempt }: AttemptRef) => `${jobId}/${attempt}`
  return {
    /** A claim was answered; a repeated one counts once. */
    claimed(attempt: Pick<Attempt, 'jobId' | 'attempt' | 'placedAt' | 'claimedAt'>): void {
      const key = keyOf(attempt)
      if (awaited.has(key) || !attempt.claimedAt) return
      claim.observe((attempt.claimedAt.getTime() - attempt.placedAt.getTime()) / 1_000)
      awaited.set(key, performance.now())
      const [oldest] = awaited.keys()
      if (awaited.size > AWAITED && oldest !== undefined) awaited.delete(oldest)
    },
    /** The first line of an attempt is durable. */
    firstLine(ref: AttemptRef): void {
      const since = awaited.get(keyOf(ref))
      if (since !== undefined) firstLine.observe((performance.now() - since) / 1_000)
      awaited.delete(keyOf(ref))
    },
  }
}

/** Turns of sweeps and relay; a sweep lags by the time beyond its interval since it last ended well. */
function turns(register: Registry, histogram: MakeHistogram, counter: MakeCounter) {
  const turn = histogram('sweep_turn_seconds', 'One turn of a sweep or of the relay.', ['sweep'])
  const failed = counter('sweep_failures_total', 'Turns that failed; each is tried again.', ['sweep'])
  const wellAt = new Map<string, { at: number; everyMs: number }>()
  new Gauge({
    name: 'stout_sweep_lag_seconds',
    help: 'Time beyond its interval since a sweep last ended well.',
    labelNames: ['sweep'],
    registers: [register],
    collect() {
      for (const [sweep, { at, everyMs }] of wellAt)
        this.set({ sweep }, Math.max(0, performance.now() - at - everyMs) / 1_000)
    },
  })
  return (sweep: string, everyMs: number, tookMs: number, ok: boolean): void => {
    turn.observe({ sweep }, tookMs / 1_000)
    if (ok || !wellAt.has(sweep)) wellAt.set(sweep, { at: performance.now(), everyMs })
    if (!ok) failed.inc({ sweep })
  }
}
