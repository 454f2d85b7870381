import { readdirSync } from 'node:fs'
import { createPostgresBackend, Queue, withBackend } from 'bullmq'
import { processes } from '../box/supervisor/testing/processes'
import type { ChaosBox } from './fleet'
import { BOX_TOKEN } from './processes'
import type { ChaosSystem } from './system'

/**
 * What should be gone once every job has ended: leases, unsent events, deliveries, locks of boxes, processes, temporary files.
 * @param excused attempts whose supervisor or launcher may have been killed after Stout was done with them: nobody removes their folder
 */
export async function leftovers(system: ChaosSystem, excused: ReadonlySet<string>): Promise<string[]> {
  const { db, boxes, tmp, queues } = system
  const leases = await db.selectFrom('leases').selectAll().execute()
  const outbox = await db.selectFrom('outbox').selectAll().execute()
  const ofBoxes = await Promise.all(boxes.map((box) => leftOnBox(box, excused)))
  return [
    ...leases.map(({ jobId, attempt }) => `a lease of ${jobId}-${attempt} is left`),
    ...(outbox.length > 0 ? [`${outbox.length} events have not been sent on`] : []),
    ...(await deliveriesLeft(queues)),
    ...tmp.flatMap((folder) => readdirSync(folder).map((entry) => `${folder} keeps ${entry}`)),
    ...ofBoxes.flat(),
  ]
}

/** Deliveries that wait, are in hand or are put off, of every queue on either backend. */
async function deliveriesLeft({ DATABASE_URL, REDIS_URL }: ChaosSystem['queues']): Promise<string[]> {
  const left: string[] = []
  for (const name of ['place', 'dispatch', 'tidy']) {
    const queue = REDIS_URL
      ? new Queue(name, { connection: { url: REDIS_URL }, prefix: '{stout}' })
      : new (withBackend(createPostgresBackend).Queue)(name, {
          connection: { connectionString: DATABASE_URL, schema: 'bullmq', max: 1 },
        })
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
    await queue.close()
    for (const [state, count] of Object.entries(counts)) {
      if (count > 0) left.push(`the queue ${name} has ${count} deliveries ${state}`)
    }
  }
  return left
}

async function leftOnBox({ name, url, tmp }: ChaosBox, excused: ReadonlySet<string>): Promise<string[]> {
  const answer = await fetch(`${url}/lock`, { headers: { authorization: `Bearer ${BOX_TOKEN}` } })
  const lock = (await answer.json()) as { locked: boolean; user?: string }
  const attemptOf = (entry: string) => /^stout-(job_[0-9a-z]+-\d+)-/.exec(entry)?.[1]
  const folders = readdirSync(tmp).filter((entry) => attemptOf(entry) && !excused.has(attemptOf(entry) ?? ''))
  const running = (await processes()).filter(
    ({ cmdline, state }) => state !== 'Z' && cmdline.includes(`${tmp}/stout-job_`),
  )
  return [
    ...(lock.locked ? [`${name} is locked by ${lock.user}`] : []),
    ...folders.map((entry) => `${name} keeps ${entry}`),
    ...running.map(({ pid, cmdline }) => `${name} still runs ${pid}: ${cmdline.replaceAll('\0', ' ')}`),
  ]
}
