import { dropUnusedBundles } from '../../core/bundles/drop-unused-bundles'
import { cleanObjects } from '../../core/store/clean-objects'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import type { Log } from '../log'

/** Removes bundles that nobody uses and objects that nothing speaks of. @returns true when there may be more */
export async function cleanUp({ db, store, log }: { db: Db; store: Store; log: Log }): Promise<boolean> {
  const bundles = await dropUnusedBundles(db)
  const objects = await cleanObjects({ db, store })
  if (bundles + objects > 0) log.info({ bundles, objects }, 'removed what nobody uses')
  return bundles + objects > 0
}
