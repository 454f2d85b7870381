import { timingSafeEqual } from 'node:crypto'
import { S3Error } from '../errors'
import type { S3Request } from '../request'
import { type Claim, claimOf } from './claim'
import { type PayloadMode, payloadMode } from './payload-mode'
import { type Credentials, Signing } from './signing'

const MAX_SKEW_MS = 15 * 60 * 1000

export type Authenticated = { payload: PayloadMode }

/**
 * Lets a request through only if it was signed with the store's credentials: by SigV4 in the Authorization header or in
 * the query (presigned). Host and every `x-amz-*` header must be under the signature, so that nothing that changes what a
 * request means can be added to it. A presigned one is good from 15 minutes before its date until it expires; one signed in
 * the header for 15 minutes around its date.
 * @throws S3Error
 */
export class Authenticator {
  private readonly signing: Signing

  constructor(
    private readonly credentials: Credentials,
    private readonly region: string,
    private readonly now: () => Date,
  ) {
    this.signing = new Signing(credentials, region)
  }

  async authenticate(request: S3Request): Promise<Authenticated> {
    const claim = claimOf(request)
    this.checkScope(claim)
    checkSignedHeaders(request, claim)
    this.checkTime(claim)
    const payloadHash = payloadHashOf(request, claim)
    const expected = await this.signing.expected(request, claim.signedHeaders, claim.longDate, payloadHash)
    if (!isSame(expected, claim.signature)) throw new S3Error('SignatureDoesNotMatch')
    const shortDate = claim.longDate.slice(0, 8)
    return {
      payload: payloadMode(payloadHash, {
        key: await this.signing.key(shortDate),
        scope: this.signing.scope(shortDate),
        longDate: claim.longDate,
        signature: claim.signature,
      }),
    }
  }

  private checkScope({ accessKeyId, scope, longDate, presigned }: Claim): void {
    if (!isSame(accessKeyId, this.credentials.accessKeyId)) throw new S3Error('InvalidAccessKeyId')
    if (scope === this.signing.scope(longDate.slice(0, 8))) return
    const code = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
    throw new S3Error(code, `The credential's scope must be <date of the request>/${this.region}/s3/aws4_request.`)
  }

  private checkTime({ at, presigned, expiresSeconds }: Claim): void {
    const ageMs = this.now().getTime() - at.getTime()
    if (!presigned) {
      if (Math.abs(ageMs) > MAX_SKEW_MS) throw new S3Error('RequestTimeTooSkewed')
      return
    }
    if (ageMs < -MAX_SKEW_MS) throw new S3Error('AccessDenied', 'The request is not valid yet.')
    if (ageMs > expiresSeconds * 1000) throw new S3Error('AccessDenied', 'The request has expired.')
  }
}

function checkSignedHeaders(request: S3Request, { signedHeaders }: Claim): void {
  if (!signedHeaders.includes('host')) throw new S3Error('AccessDenied', 'The header host must be signed.')
  for (const name of request.headers.keys()) {
    if (name.startsWith('x-amz-') && !signedHeaders.includes(name))
      throw new S3Error('AccessDenied', `The header ${name} was sent but not signed.`)
  }
  for (const name of request.repeatedHeaders) {
    if (signedHeaders.includes(name)) throw new S3Error('InvalidRequest', `The header ${name} was sent twice.`)
  }
}

function payloadHashOf(request: S3Request, { presigned }: Claim): string {
  const header = request.headers.get('x-amz-content-sha256')
  if (header !== undefined) return header
  if (!presigned) throw new S3Error('InvalidRequest', 'The header x-amz-content-sha256 is needed.')
  return request.query.get('X-Amz-Content-Sha256')?.[0] ?? 'UNSIGNED-PAYLOAD'
}

/** Compares in a time that depends on the lengths alone. */
export function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
