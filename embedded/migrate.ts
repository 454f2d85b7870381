/**
 * `npm run migrate`: brings the database of DATABASE_URL to the newest schema and ends. `npm start` does it by itself; this is for
 * installations whose processes are started by others. Safe to run twice at once, and while an older version serves.
 */
import { migrateToLatest } from '../db/migrate'

const { DATABASE_URL } = process.env
if (!DATABASE_URL) {
  console.error('Set DATABASE_URL to the database that is to be migrated.')
  process.exit(2)
}
await migrateToLatest(DATABASE_URL)
console.log(JSON.stringify({ msg: 'the schema is up to date' }))
