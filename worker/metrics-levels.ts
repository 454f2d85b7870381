import { Gauge, type Registry } from 'prom-client'
import { drainLevel, liveJobs, outboxLevel, queueLevels } from '../core/operations/levels'
import type { Db } from '../db/client'

/** Queue keys that are told one by one; the others are one together. */
const KEYS = 50

/**
 * Gauges of what stands in the database, which `refresh` reads. What cannot be read is left out of the next answer: the rest must
 * be readable while the database is away.
 */
export function levelGauges(register: Registry, db: Db): () => Promise<void> {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `stout_${name}`, help, labelNames, registers: [register] })
  const queueJobs = gauge('queue_jobs', 'Jobs that could run now and wait for a box, by queue key.', ['queue'])
  const queueOldest = gauge('queue_oldest_seconds', 'For how long the oldest of them has been ready.', ['queue'])
  const live = gauge('live_jobs', 'Jobs that have not ended, by state.', ['state'])
  const draining = gauge('draining_attempts', 'Attempts that are open though their job is over.')
  const drainingOldest = gauge('draining_oldest_seconds', 'How long ago the first of their jobs ended.')
  const outbox = gauge(
    'outbox_events',
    'Committed events that no worker has sent on yet; 10,000 stands for that or more.',
  )
  const outboxOldest = gauge('outbox_oldest_seconds', 'Age of the oldest of them.')

  const queues = async () => {
    const levels = await queueLevels(db, KEYS)
    queueJobs.reset()
    queueOldest.reset()
    for (const { key, jobs, oldestSeconds } of levels) {
      queueJobs.set({ queue: key }, jobs)
      queueOldest.set({ queue: key }, oldestSeconds)
    }
  }
  const states = async () => {
    const counts = await liveJobs(db)
    live.reset()
    for (const { state, jobs } of counts) live.set({ state }, jobs)
  }
  const drains = async () => {
    const { attempts, oldestSeconds } = await drainLevel(db)
    draining.set(attempts)
    drainingOldest.set(oldestSeconds)
  }
  const events = async () => {
    const { events: count, oldestSeconds } = await outboxLevel(db)
    outbox.set(count)
    outboxOldest.set(oldestSeconds)
  }
  const forget = (...gauges: Gauge<string>[]) => {
    for (const one of gauges) {
      one.reset()
      one.remove({})
    }
  }
  return async () => {
    await Promise.all([
      queues().catch(() => forget(queueJobs, queueOldest)),
      states().catch(() => forget(live)),
      drains().catch(() => forget(draining, drainingOldest)),
      events().catch(() => forget(outbox, outboxOldest)),
    ])
  }
}
