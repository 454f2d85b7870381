import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { z } from 'zod'
import { DomainError } from '../../core/errors'

const unzip = promisify(gunzip)

/** Reads a request's body of at most `maxBytes` (unpacked). @throws DomainError `too_large` or `bad_request` */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new DomainError('too_large', `The body is larger than ${maxBytes} bytes.`, { limitBytes: maxBytes })
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return body
  if (encoding !== 'gzip')
    throw new DomainError('unsupported', `Content-Encoding must be gzip or none, not ${encoding}.`)
  try {
    return await unzip(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new DomainError('bad_request', 'The body is no valid gzip.')
  }
}

/** Reads and checks a JSON message. @throws DomainError `bad_request` naming the fields */
export async function readMessage<T extends z.ZodType>(
  request: IncomingMessage,
  schema: T,
  maxBytes = 65_536,
): Promise<z.infer<T>> {
  const body = await readBody(request, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new DomainError('bad_request', 'The body is no JSON.')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new DomainError(
    'bad_request',
    `Bad message: ${issues.map((i) => `${i.path}: ${i.message}`).join('; ')}`,
    {},
    issues,
  )
}
