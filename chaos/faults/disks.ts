import { sql } from 'kysely'
import type { ChaosSystem } from '../system'
import { aFault, BOX_LIMIT_MS, type Fault } from './fault'

/** The disks that can be full: the store's, and that below one box's temporary files, where attempts pay for it. */
export function fullDisks({ db, boxes, storeDisk }: ChaosSystem): Fault[] {
  const faults: Fault[] = []
  if (storeDisk) {
    const strike = async () => storeDisk.fill()
    faults.push(aFault('disk of store full', strike, { lasts: 'brokenMs', heal: async () => storeDisk.empty() }))
  }
  for (const { name, disk } of boxes) {
    if (!disk) continue
    let since = new Date(0)
    const strike = async () => {
      const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
      since = rows[0]?.now ?? since
      disk.fill()
    }
    const heal = async () => {
      disk.empty()
      const met = await db
        .selectFrom('attempts')
        .innerJoin('boxes', 'boxes.id', 'attempts.boxId')
        .select(['jobId', 'attempt'])
        .where('boxes.name', '=', name)
        .where((eb) => eb.or([eb('closedAt', 'is', null), eb('closedAt', '>=', since)]))
        .execute()
      return met.map(({ jobId, attempt }) => `${jobId}-${attempt}`)
    }
    faults.push(aFault('disk of box full', strike, { lasts: 'brokenMs', limitMs: BOX_LIMIT_MS, heal }))
  }
  return faults
}
