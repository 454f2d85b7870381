import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { JobId } from '../ids'

/** Everything that is derived from STOUT_SECRET, each for one purpose. `id` names the secret, so that it can be changed. */
export type Keys = {
  id: string
  claim: Buffer
  run: Buffer
  seal: Buffer
  jobSecrets: Buffer
  answers: Buffer
  fingerprint: Buffer
  pepper: Buffer
  session: Buffer
}

/** Derives the keys (HKDF-SHA-256, RFC 5869). */
export function deriveKeys(secret: string): Keys {
  const derive = (purpose: string, length = 32) => Buffer.from(hkdfSync('sha256', secret, 'stout', purpose, length))
  return {
    id: derive('key id', 4).toString('hex'),
    claim: derive('claim token'),
    run: derive('run token'),
    seal: derive('sealed credentials'),
    jobSecrets: derive('job secrets'),
    answers: derive('answers under an idempotency key'),
    fingerprint: derive('fingerprint of a request'),
    pepper: derive('api token pepper'),
    session: derive('session cookie'),
  }
}

/** HMAC-SHA-256 over the parts, base64url. Parts are length-prefixed, so no two lists of parts look alike. */
export function mac(key: Buffer, ...parts: (string | number)[]): string {
  const hmac = createHmac('sha256', key)
  for (const part of parts.map(String)) hmac.update(`${Buffer.byteLength(part)}:${part}`)
  return hmac.digest('base64url')
}

/** Compares two texts in a time that tells nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Encrypts a box's credential for the database. */
export function seal(keys: Keys, plain: string): string {
  return encrypt(keys, keys.seal, plain, '')
}

/** Decrypts what `seal` made. @throws Error when it was sealed under another secret or was changed */
export function unseal(keys: Keys, sealed: string): string {
  return decrypt(keys, keys.seal, sealed, '')
}

/** Encrypts a job's secrets for the database, bound to the job: in another job's row they can't be decrypted. */
export function sealForJob(keys: Keys, jobId: JobId, plain: string): string {
  return encrypt(keys, keys.jobSecrets, plain, jobId)
}

/** Decrypts what `sealForJob` made. @throws Error likewise, or when it was another job's */
export function unsealForJob(keys: Keys, jobId: JobId, sealed: string): string {
  return decrypt(keys, keys.jobSecrets, sealed, jobId)
}

/** Encrypts what a caller was answered, bound to whose answer it is. */
export function sealAnswer(keys: Keys, bound: readonly string[], plain: string): string {
  return encrypt(keys, keys.answers, plain, JSON.stringify(bound))
}

/** Decrypts what `sealAnswer` made. @throws Error likewise, or when it was another's */
export function unsealAnswer(keys: Keys, bound: readonly string[], sealed: string): string {
  return decrypt(keys, keys.answers, sealed, JSON.stringify(bound))
}

/** AES-256-GCM: `<key id>.<iv>.<tag>.<bytes>` in base64url. `bound` is authenticated and not stored. */
function encrypt({ id }: Keys, key: Buffer, plain: string, bound: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound))
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return [id, ...[iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join('.')
}

function decrypt(keys: Keys, key: Buffer, sealed: string, bound: string): string {
  const [id, ...parts] = sealed.split('.')
  if (id !== keys.id) throw new Error(`Sealed under key ${id}, but STOUT_SECRET gives key ${keys.id}`)
  const [iv, tag, bytes] = parts.map((part) => Buffer.from(part, 'base64url'))
  if (!iv || !tag || !bytes) throw new Error('Nothing sealed')
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(Buffer.from(bound))
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8')
}
