import { createPostgresBackend, type JobsOptions, type Processor, Queue, Worker, withBackend } from 'bullmq'
import pg from 'pg'
import type { JobId, OrgId } from '../core/ids'
import { DEAD_AFTER_MS, openRedis, redisNodes } from '../core/live/redis'
import { connectionConfig } from '../db/client'
import type { Log } from './log'

/** What travels by queue: ids only. Whoever gets it reads the row. */
export type Deliveries = {
  place: { orgId: OrgId }
  dispatch: { jobId: JobId; attempt: number }
  tidy: { refs: { jobId: JobId; attempt: number }[] }
}
export type QueueName = keyof Deliveries
type Closable = { close(): Promise<void>; on(event: 'error', listener: (error: Error) => void): unknown }

/** The queues of one process, on either backend of BullMQ. They only deliver; nothing here is the truth. */
export interface Queues {
  /** Adds a delivery. `id` makes twins one until the first is over, also when it failed; it has no colon. */
  add<N extends QueueName>(name: N, data: Deliveries[N], options: { id: string; delayMs?: number }): Promise<void>
  /** Starts taking deliveries. A processor must be safe to repeat. */
  work<N extends QueueName>(name: N, concurrency: number, process: (data: Deliveries[N]) => Promise<void>): void
  /** Stops taking deliveries, waits for those in hand, and disconnects. */
  close(): Promise<void>
}

/** Alike everywhere: a killed worker's delivery is taken over after some six seconds. */
const WORKER = {
  ...{ lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 10, autorun: false },
  /** After an error of its connection; each that is dead costs one. */
  runRetryDelay: 1_000,
}
/** Sweeps ask for placement and dispatch again and again. Nobody asks again to tidy: it is tried for half a minute. */
const TRIES = {
  place: { attempts: 1 },
  dispatch: { attempts: 1 },
  tidy: { attempts: 6, backoff: { type: 'exponential', delay: 1_000 } },
} satisfies Record<QueueName, JobsOptions>
const RETRY_MS = 500
const SCHEMA = 'bullmq'
const PREFIX = '{stout}'
const NAMES: QueueName[] = ['place', 'dispatch', 'tidy']

/** Opens the queues: on Redis when there is a URL for it, else on Postgres. Errors of connections go to the log. */
export async function openQueues(
  env: { DATABASE_URL: string; REDIS_URL?: string | undefined },
  log: Log,
): Promise<Queues> {
  const backend = env.REDIS_URL ? redisBackend(env.REDIS_URL) : postgresBackend(env.DATABASE_URL, log)
  const opened: Closable[] = []
  const retries = new Set<NodeJS.Timeout>()
  let closing = false
  const keep = <T extends Closable>(one: T): T => {
    one.on('error', (error) => log.warn({ error: error.message }, 'queue connection'))
    opened.push(one)
    return one
  }
  const queues = new Map(NAMES.map((name) => [name, keep(backend.queue(name))]))
  for (const queue of queues.values()) await queue.waitUntilReady() // the first one makes the tables
  return {
    async add(name, data, { id, delayMs = 0 }) {
      const options: JobsOptions = {
        jobId: id,
        delay: delayMs,
        ...TRIES[name],
        removeOnComplete: true,
        removeOnFail: true, // one that stayed would make its twins vanish for ever
      }
      await queues.get(name)?.add(name, data, options)
    },
    work(name, concurrency, process) {
      const start = () => {
        const worker = keep(backend.worker(name, concurrency, async (job) => await process(job.data)))
        worker.on('failed', (job, error) =>
          log.warn({ queue: name, ...job?.data, error: error.message }, 'delivery failed'),
        )
        const again = () => {
          if (closing || !opened.includes(worker)) return
          opened.splice(opened.indexOf(worker), 1)
          worker.close(true).catch(() => undefined)
          retries.add(setTimeout(start, RETRY_MS))
        }
        worker.on('error', (error) => backend.isStuckAfter(error) && again())
        // one whose first connection was lost never has another, and would ask for it without a pause
        worker
          .waitUntilReady()
          .then(() => worker.run(), again)
          .catch((error) => log.error({ queue: name, error: error.message }, 'the queue stands still'))
      }
      start()
    },
    async close() {
      closing = true
      retries.forEach(clearTimeout)
      // workers first, so that what they still add finds its queue
      for (const one of opened.reverse()) await one.close()
      backend.close()
    },
  }
}

function redisBackend(url: string) {
  const cluster = redisNodes(url).length > 1 ? openRedis(url, null) : undefined
  const connection = cluster ?? { url, maxRetriesPerRequest: null, socketTimeout: DEAD_AFTER_MS }
  return {
    queue: (name: string) => new Queue(name, { connection, prefix: PREFIX }),
    worker: (name: string, concurrency: number, process: Processor) =>
      new Worker(name, process, { connection, prefix: PREFIX, concurrency, ...WORKER }),
    isStuckAfter: () => false,
    close: () => cluster?.disconnect(),
  }
}

function postgresBackend(connectionString: string, log: Log) {
  const bull = withBackend(createPostgresBackend)
  /** BullMQ listens to the errors of idle connections only; one that is lost in use, while tables are made, would end the process. */
  class Client extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config)
      this.on('error', (error) => log.warn({ error: error.message }, 'queue connection'))
    }
  }
  const connection = {
    ...connectionConfig(connectionString, 'stout-queue', 'queues'),
    Client,
    schema: SCHEMA,
    migrate: true,
    max: 3,
  }
  return {
    queue: (name: string) => new bull.Queue(name, { connection }),
    worker: (name: string, concurrency: number, process: Processor) =>
      new bull.Worker(name, process, { connection, concurrency, ...WORKER }),
    /** A worker asks to listen on the same connection for ever, and takes nothing while that one does not answer. */
    isStuckAfter: (error: Error) => error.message === 'Query read timeout', // all that pg says
    close: () => undefined,
  }
}
