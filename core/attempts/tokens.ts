import { type Keys, mac, sameText } from '../access/keys'
import type { JobId } from '../ids'

/** One try at a job; fences out everything that an older try still says. */
export type AttemptRef = { jobId: JobId; attempt: number }

/** Far back-stop only: a token is good while its attempt is open. */
const RUN_TOKEN_SECONDS = 60 * 86_400

/** The token that travels with the launcher. Good for one claim: a claimed attempt takes no other nonce. */
export function mintClaimToken(keys: Keys, { jobId, attempt }: AttemptRef): string {
  return `${keys.id}.${mac(keys.claim, jobId, attempt)}`
}

/** True if `token` was minted for the attempt. */
export function isClaimToken(keys: Keys, ref: AttemptRef, token: string): boolean {
  return sameText(token, mintClaimToken(keys, ref))
}

/** The token of a claimed attempt, bound to the nonce of its supervisor. */
export function mintRunToken(keys: Keys, ref: AttemptRef, nonce: string, now: Date): string {
  const expires = Math.floor(now.getTime() / 1000) + RUN_TOKEN_SECONDS
  return `${keys.id}.${expires}.${mac(keys.run, ref.jobId, ref.attempt, nonce, expires)}`
}

/** True if `token` was minted for the attempt and nonce, and has not expired. Whether the attempt is open, the caller asks. */
export function isRunToken(keys: Keys, ref: AttemptRef, nonce: string, token: string, now: Date): boolean {
  const [id, expires, code] = token.split('.')
  if (id !== keys.id || !expires || !code || !(Number(expires) * 1000 > now.getTime())) return false
  return sameText(code, mac(keys.run, ref.jobId, ref.attempt, nonce, expires))
}
