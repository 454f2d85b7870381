import { chaosJobs } from './jobs'
import type { Random } from './random'
import type { ChaosSystem } from './system'

const LOOK_MS = 1_000

/** Submits jobs so that `count` are under way, until `goesOn` says no; some are cancelled later. At least once. */
export async function keepBusy(
  system: ChaosSystem,
  random: Random,
  count: number,
  goesOn: () => boolean,
): Promise<void> {
  do {
    // Postgres may be what is broken just now
    const underWay = await jobsUnderWay(system).catch(() => count)
    for (const { body, cancelAfterSeconds } of chaosJobs(random, Math.max(0, count - underWay), system.truth)) {
      const { id } = (await system.api('POST', '/jobs', body)) as { id: string }
      if (cancelAfterSeconds !== null) setTimeout(() => cancel(system, id), cancelAfterSeconds * 1_000)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  } while (goesOn())
}

function cancel({ api }: ChaosSystem, id: string): void {
  api('POST', `/jobs/${id}/cancel`, { reason: 'chaos' }).catch(() => undefined)
}

async function jobsUnderWay({ db }: ChaosSystem): Promise<number> {
  const { open } = await db
    .selectFrom('attempts')
    .select((eb) => eb.fn.countAll<number>().as('open'))
    .where('phase', '<>', 'closed')
    .executeTakeFirstOrThrow()
  const { waiting } = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('state', 'in', ['queued', 'waiting_for_box'])
    .executeTakeFirstOrThrow()
  return Number(open) + Number(waiting)
}
