/**
 * `npm run person -- <e-mail> [organisation] [owner|admin|member|viewer]`: lets somebody into the installation of DATABASE_URL and
 * prints a password, once. Somebody who is known gets a new password, and is signed out everywhere. `npm start` makes its owner by itself; this is
 * for installations whose processes are started by others.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { admitPerson } from '../core/access/admit-person'
import { hashPassword } from '../core/access/passwords'
import { openDatabase } from '../db/client'

const PASSWORD_BYTES = 15
const argumentsSchema = z.tuple([
  z.email(),
  z.string().trim().min(1).max(200).default('Stout'),
  z.enum(['owner', 'admin', 'member', 'viewer']).default('owner'),
])

const { DATABASE_URL } = process.env
const given = argumentsSchema.safeParse(process.argv.slice(2))
if (!DATABASE_URL || !given.success) {
  console.error('DATABASE_URL=… person <e-mail> [organisation: Stout] [owner|admin|member|viewer: owner]')
  process.exit(2)
}
const [email, organisation, role] = given.data
const password = randomBytes(PASSWORD_BYTES).toString('base64url')
await using db = openDatabase(DATABASE_URL, { name: 'stout-person', maxConnections: 1 })
const { known } = await admitPerson(db, { email, organisation, role, passwordHash: await hashPassword(password) })
console.log(`${known ? 'Known already, with a new password' : 'Let in'}: ${email}, ${role} of ${organisation}`)
console.log(`Password: ${password}`)
