import type { Db } from '../../db/client'
import { pendingMigrations } from '../../db/migrate'

/** Why requests can't be answered now; undefined when the database answers and has the newest schema. */
export async function isReady(db: Db): Promise<string | undefined> {
  try {
    const pending = await pendingMigrations(db)
    return pending.length > 0 ? `The database lacks migrations: ${pending.join(', ')}.` : undefined
  } catch {
    return 'The database does not answer.'
  }
}
