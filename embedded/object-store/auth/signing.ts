import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { createScope, getCanonicalHeaders, getSigningKey, SignatureV4Base } from '@smithy/signature-v4'
import type { S3Request } from '../request'

export type Credentials = { accessKeyId: string; secretAccessKey: string }

/** Node's SHA-256 and HMAC in the form that the library asks for. */
class Sha256 {
  private readonly hash: Hash | Hmac
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' || secret === undefined ? secret : bytesOf(secret)
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  }
  update(data: Uint8Array): void {
    this.hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/**
 * Computes what the signature of a received request should be. Canonical form, string to sign and key are those of the SDK's
 * own library; what is signed (path, query, headers) comes from the wire and is not made anew as a client would.
 */
export class Signing extends SignatureV4Base {
  constructor(
    private readonly credentials: Credentials,
    private readonly region: string,
  ) {
    super({ credentials: async () => credentials, region, service: 's3', sha256: Sha256, uriEscapePath: false })
  }

  scope(shortDate: string): string {
    return createScope(shortDate, this.region, 's3')
  }

  async key(shortDate: string): Promise<Uint8Array> {
    return await getSigningKey(Sha256, this.credentials, shortDate, this.region, 's3')
  }

  /** The signature of `request` over exactly `signedHeaders`, as lower-case hex. */
  async expected(
    request: S3Request,
    signedHeaders: readonly string[],
    longDate: string,
    payloadHash: string,
  ): Promise<string> {
    const shortDate = longDate.slice(0, 8)
    const received = {
      method: request.method,
      path: request.canonicalPath,
      query: Object.fromEntries(request.query),
      headers: Object.fromEntries(signedHeaders.map((name) => [name, request.headers.get(name) ?? ''])),
      protocol: 'http:',
      hostname: '',
    }
    const headers = getCanonicalHeaders(received, undefined, new Set(signedHeaders))
    const canonical = this.createCanonicalRequest(received, headers, payloadHash)
    const toSign = await this.createStringToSign(longDate, this.scope(shortDate), canonical, 'AWS4-HMAC-SHA256')
    return createHmac('sha256', await this.key(shortDate))
      .update(toSign)
      .digest('hex')
  }
}
