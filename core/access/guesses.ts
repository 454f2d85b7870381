import { createHash } from 'node:crypto'
import type { Db } from '../../db/client'
import { giveBack, type Limit, take } from './rate-limits'

/** Wrong passwords for one e-mail, from wherever. */
export const FOR_EMAIL: Limit = { burst: 10, everySeconds: 10 }
/** Wrong passwords from one address. */
const FROM_ADDRESS: Limit = { burst: 100, everySeconds: 1 }
/** API tokens from one address that nobody has. */
export const TOKENS: Limit = { burst: 60, everySeconds: 1 }

/**
 * Tries a sign-in, unless too many were wrong lately. A right one costs nothing.
 * @throws DomainError `limit`
 */
export async function trySignIn<T>(
  db: Db,
  { email, address }: { email: string; address: string },
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const keys = [
    [`address ${address}`, FROM_ADDRESS],
    [`email ${hashed(email.trim().toLowerCase())}`, FOR_EMAIL],
  ] as const
  for (const [key, limit] of keys) await take(db, key, limit)
  const right = await check()
  if (right !== undefined) for (const [key, limit] of keys) await giveBack(db, key, limit)
  return right
}

/**
 * Counts a token that nobody has. Who sends a good one is never counted, and never held up by a neighbour's bad one: tokens have 192
 * bits, so this spares the logs and the database, and tells a program that goes on with a revoked one to slow down.
 * @throws DomainError `limit`
 */
export async function countUnknownToken(db: Db, address: string): Promise<void> {
  await take(db, `token ${address}`, TOKENS)
}

const hashed = (text: string) => createHash('sha256').update(text).digest('base64url')
