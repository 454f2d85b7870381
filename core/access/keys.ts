import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/** Everything that is derived from STOUT_SECRET, each for one purpose. `id` names the secret, so that it can be changed. */
export type Keys = { id: string; claim: Buffer; run: Buffer; seal: Buffer; pepper: Buffer; session: Buffer }

/** Derives the keys (HKDF-SHA-256, RFC 5869). */
export function deriveKeys(secret: string): Keys {
  const derive = (purpose: string, length = 32) => Buffer.from(hkdfSync('sha256', secret, 'stout', purpose, length))
  return {
    id: derive('key id', 4).toString('hex'),
    claim: derive('claim token'),
    run: derive('run token'),
    seal: derive('sealed credentials'),
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

/** Encrypts a credential for the database: AES-256-GCM, `<key id>.<iv>.<tag>.<bytes>` in base64url. */
export function seal(keys: Keys, plain: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keys.seal, iv)
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return [keys.id, ...[iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join('.')
}

/** Decrypts what `seal` made. @throws Error when it was sealed under another secret or was changed */
export function unseal(keys: Keys, sealed: string): string {
  const [id, ...parts] = sealed.split('.')
  if (id !== keys.id) throw new Error(`Sealed under key ${id}, but STOUT_SECRET gives key ${keys.id}`)
  const [iv, tag, bytes] = parts.map((part) => Buffer.from(part, 'base64url'))
  if (!iv || !tag || !bytes) throw new Error('Not a sealed credential')
  const decipher = createDecipheriv('aes-256-gcm', keys.seal, iv, { authTagLength: 16 })
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8')
}
