import { S3Error } from '../errors'
import type { S3Request } from '../request'

/** What a request says of its own signature. Nothing of it is checked yet. */
export type Claim = {
  accessKeyId: string
  /** `<yyyymmdd>/<region>/s3/aws4_request` */
  scope: string
  signedHeaders: string[]
  signature: string
  /** `yyyymmddThhmmssZ` */
  longDate: string
  at: Date
  presigned: boolean
  /** How long a presigned request is good after its date. */
  expiresSeconds: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SEVEN_DAYS_SECONDS = 7 * 24 * 60 * 60
const PRESIGNED = ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature'] as const

/** @throws S3Error: AccessDenied when the request is not signed at all, another code when it is signed badly */
export function claimOf(request: S3Request): Claim {
  const header = request.headers.get('authorization')
  const inQuery = [...request.query.keys()].some((name) => /^x-amz-(signature|algorithm|credential)$/i.test(name))
  if (header !== undefined && inQuery) throw new S3Error('InvalidArgument', 'Only one kind of signature is allowed.')
  if (request.headers.has('x-amz-security-token') || request.query.has('X-Amz-Security-Token'))
    throw new S3Error('InvalidToken')
  if (header !== undefined) return fromHeader(request, header)
  if (inQuery) return fromQuery(request)
  throw new S3Error('AccessDenied', 'The request is not signed.')
}

function fromHeader(request: S3Request, header: string): Claim {
  if (request.repeatedHeaders.has('authorization')) throw new S3Error('AuthorizationHeaderMalformed')
  const found = /^AWS4-HMAC-SHA256 +Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(header)
  if (!found) throw new S3Error('AuthorizationHeaderMalformed')
  const [, credential = '', signedHeaders = '', signature = ''] = found
  const longDate = request.headers.get('x-amz-date')
  if (longDate === undefined) throw new S3Error('AccessDenied', 'The header x-amz-date is needed.')
  const at = instantOf(longDate)
  if (!at) throw new S3Error('AccessDenied', 'x-amz-date must look like 20130524T000000Z.')
  const parts = splitCredential(credential)
  if (!parts) throw new S3Error('AuthorizationHeaderMalformed')
  const claim = { ...parts, signature, longDate, at, presigned: false, expiresSeconds: 0 }
  return { ...claim, signedHeaders: signedHeaders.split(';') }
}

function fromQuery(request: S3Request): Claim {
  const malformed = (message?: string) => new S3Error('AuthorizationQueryParametersError', message)
  const given = (name: string): string => {
    const values = request.query.get(name) ?? []
    if (values.length !== 1) throw malformed(`${name} must be given once.`)
    return values[0] ?? ''
  }
  if (given('X-Amz-Algorithm') !== ALGORITHM) throw malformed(`X-Amz-Algorithm must be ${ALGORITHM}.`)
  const [credential, longDate, expires, signedHeaders, signature] = PRESIGNED.map(given) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const parts = splitCredential(credential)
  const at = instantOf(longDate)
  if (!parts || !at) throw malformed()
  const expiresSeconds = /^\d{1,6}$/.test(expires) ? Number(expires) : 0
  if (expiresSeconds < 1 || expiresSeconds > SEVEN_DAYS_SECONDS)
    throw malformed('X-Amz-Expires must be 1 to 604800 seconds.')
  return { ...parts, signature, longDate, at, presigned: true, expiresSeconds, signedHeaders: signedHeaders.split(';') }
}

/** An access key may hold slashes; the scope is the last four parts. */
function splitCredential(credential: string): Pick<Claim, 'accessKeyId' | 'scope'> | null {
  const parts = credential.split('/')
  if (parts.length < 5) return null
  return { accessKeyId: parts.slice(0, -4).join('/'), scope: parts.slice(-4).join('/') }
}

function instantOf(longDate: string): Date | null {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(longDate)
  if (!found) return null
  const [, year, month, day, hour, minute, second] = found
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(at.getTime()) ? null : at
}
