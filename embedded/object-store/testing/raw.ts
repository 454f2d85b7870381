import { createHash, createHmac } from 'node:crypto'
import { type OutgoingHttpHeaders, request } from 'node:http'
import type { StoreAccess } from './store'

/**
 * Signs requests by hand, from what AWS wrote down and not by a library that the store uses too, and sends them byte by byte
 * as given. Tests change them afterwards.
 */
export type RawRequest = {
  method: string
  /** Path and query, percent-encoded, as they go out. */
  target: string
  headers: Record<string, string>
  body: Buffer
}
export type RawAnswer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  code: string
}

type Signer = Pick<StoreAccess, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>

const sha256Hex = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const longDateOf = (at: Date) => at.toISOString().replace(/[-:]|\.\d{3}/g, '')
export const encodeKey = (key: string) =>
  key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')

function signingKey({ secretAccessKey, region }: Signer, shortDate: string): Buffer {
  return [shortDate, region, 's3', 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
}

function signatureOf(signer: Signer, raw: RawRequest, signed: string[], longDate: string, payloadHash: string): string {
  const [path = '', query = ''] = raw.target.split('?')
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&')
  const headers = signed.map((name) => `${name}:${(raw.headers[name] ?? '').trim()}\n`).join('')
  const canonical = [raw.method, path, canonicalQuery, headers, signed.join(';'), payloadHash].join('\n')
  const scope = scopeOf(signer, longDate)
  const toSign = ['AWS4-HMAC-SHA256', longDate, scope, sha256Hex(canonical)].join('\n')
  return createHmac('sha256', signingKey(signer, longDate.slice(0, 8)))
    .update(toSign)
    .digest('hex')
}

const scopeOf = ({ region }: Signer, longDate: string) => `${longDate.slice(0, 8)}/${region}/s3/aws4_request`
const hostOf = ({ endpoint }: Signer) => new URL(endpoint).host

/** Signs in the Authorization header. */
export function signedByHeader(
  signer: Signer,
  raw: { method: string; target: string; headers?: Record<string, string>; body?: string | Buffer },
  options: { at?: Date; contentSha256?: string; unsigned?: string[] } = {},
): RawRequest {
  const body = Buffer.from(raw.body ?? '')
  const longDate = longDateOf(options.at ?? new Date())
  const contentSha256 = options.contentSha256 ?? sha256Hex(body)
  const own = { host: hostOf(signer), 'x-amz-date': longDate, 'x-amz-content-sha256': contentSha256 }
  const length = body.length > 0 || raw.method === 'PUT' ? { 'content-length': String(body.length) } : {}
  const request: RawRequest = {
    method: raw.method,
    target: raw.target,
    headers: { ...length, ...raw.headers, ...own },
    body,
  }
  const signed = Object.keys(request.headers)
    .filter((name) => !options.unsigned?.includes(name))
    .sort()
  const signature = signatureOf(signer, request, signed, longDate, contentSha256)
  request.headers.authorization = `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scopeOf(signer, longDate)}, SignedHeaders=${signed.join(';')}, Signature=${signature}`
  return request
}

/** Signs in the query. */
export function presigned(
  signer: Signer,
  raw: { method: string; target: string; headers?: Record<string, string>; body?: string | Buffer },
  options: { at?: Date; expiresSeconds?: number | string } = {},
): RawRequest {
  const longDate = longDateOf(options.at ?? new Date())
  const request: RawRequest = {
    method: raw.method,
    target: raw.target,
    headers: { ...raw.headers, host: hostOf(signer) },
    body: Buffer.from(raw.body ?? ''),
  }
  const signed = Object.keys(request.headers).sort()
  const query = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${signer.accessKeyId}/${scopeOf(signer, longDate)}`,
    'X-Amz-Date': longDate,
    'X-Amz-Expires': String(options.expiresSeconds ?? 60),
    'X-Amz-SignedHeaders': signed.join(';'),
  }
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  request.target += `${raw.target.includes('?') ? '&' : '?'}${pairs.join('&')}`
  request.target += `&X-Amz-Signature=${signatureOf(signer, request, signed, longDate, 'UNSIGNED-PAYLOAD')}`
  return request
}

/** The frames of an `aws-chunked` body, each signed after the one before it. */
export function chunkedBody(
  signer: Signer,
  seed: { authorization: string; longDate: string },
  chunks: readonly Buffer[],
  trailer: Record<string, string> | null,
  signed = true,
): Buffer {
  const key = signingKey(signer, seed.longDate.slice(0, 8))
  const scope = scopeOf(signer, seed.longDate)
  let previous = /Signature=([0-9a-f]{64})/.exec(seed.authorization)?.[1] ?? ''
  const sign = (algorithm: string, ...hashes: string[]) => {
    const toSign = [algorithm, seed.longDate, scope, previous, ...hashes].join('\n')
    previous = createHmac('sha256', key).update(toSign).digest('hex')
    return previous
  }
  const frames = [...chunks, Buffer.alloc(0)].flatMap((chunk) => {
    const signature = signed
      ? `;chunk-signature=${sign('AWS4-HMAC-SHA256-PAYLOAD', sha256Hex(''), sha256Hex(chunk))}`
      : ''
    const head = Buffer.from(`${chunk.length.toString(16)}${signature}\r\n`)
    return chunk.length > 0 ? [head, chunk, Buffer.from('\r\n')] : [head]
  })
  if (trailer) {
    const lines = Object.entries(trailer).map(([name, value]) => `${name}:${value}`)
    if (signed) {
      const canonical = sha256Hex(lines.map((line) => `${line}\n`).join(''))
      lines.push(`x-amz-trailer-signature:${sign('AWS4-HMAC-SHA256-TRAILER', canonical)}`)
    }
    frames.push(Buffer.from(lines.map((line) => `${line}\r\n`).join('')))
  }
  return Buffer.concat([...frames, Buffer.from('\r\n')])
}

/** Sends a request as it stands. */
export async function sendRaw(
  { endpoint }: { endpoint: string },
  raw: Omit<RawRequest, 'headers'> & { headers: OutgoingHttpHeaders },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(endpoint)
  return await new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method: raw.method, path: raw.target, headers: raw.headers, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const body = Buffer.concat(chunks)
          const code = /<Code>(\w+)<\/Code>/.exec(body.toString())?.[1] ?? ''
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, code })
        })
      },
    )
    sent.on('error', reject)
    sent.end(raw.body)
  })
}
