import { hash, verify } from '@node-rs/argon2'

/** Argon2id with OWASP's minimum: 19 MiB, 2 passes, 1 lane; about 20 ms a hash. Spelled out, so that an update changes nothing. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

let nobodys: Promise<string> | undefined

/** Hashes a password with Argon2id; salt and cost stand in the result. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password, COST)
}

/**
 * True if the password is the one that was hashed. Without a hash (nobody has that e-mail) it takes the same time and is
 * false, so that the time tells nothing of who exists.
 */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  nobodys ??= hashPassword(crypto.randomUUID())
  const right = await verify(passwordHash ?? (await nobodys), password)
  return right && passwordHash !== undefined
}
