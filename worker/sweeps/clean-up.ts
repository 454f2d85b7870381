import { dropOldLimits } from '../../core/access/rate-limits'
import { dropUnusedBundles } from '../../core/bundles/drop-unused-bundles'
import { dropOldKeys } from '../../core/idempotency/once'
import { cleanObjects } from '../../core/store/clean-objects'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import type { Log } from '../log'

/** Removes bundles that nobody uses, objects that nothing speaks of, and keys of old requests. @returns true when there may be more */
export async function cleanUp({ db, store, log }: { db: Db; store: Store; log: Log }): Promise<boolean> {
  const bundles = await dropUnusedBundles(db)
  const objects = await cleanObjects({ db, store })
  const keys = await dropOldKeys({ db })
  await dropOldLimits(db)
  const removed = bundles + objects + keys
  if (removed > 0) log.info({ bundles, objects, keys }, 'removed what nobody uses')
  return removed > 0
}
