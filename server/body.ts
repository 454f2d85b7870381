import { DomainError } from '../core/errors'

/** A JSON body at most; a script of the largest size fits with room. */
export const MAX_BODY_BYTES = 2_000_000
const MAX_DISCARDED_BYTES = 32_000_000

/**
 * The body's bytes. A length that is declared too large is refused before anything is read.
 * @throws DomainError `too_large`, `unsupported` for a compressed body
 */
export async function readBody(request: Request, maxBytes = MAX_BODY_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  refuseByHeaders(request, maxBytes, () => tooLargeBody(maxBytes))
  return await whole(piecesOf(request), maxBytes)
}

/** All the pieces as one. @throws DomainError `too_large` */
export async function whole(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of pieces) {
    size += chunk.length
    if (size > maxBytes) throw tooLargeBody(maxBytes)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function tooLargeBody(maxBytes: number): DomainError {
  return new DomainError('too_large', `The body must be at most ${maxBytes} bytes.`, { limitBytes: maxBytes })
}

/**
 * The pieces of a body that is too large to be held, as they come.
 * @throws DomainError `bad_request` when it breaks off or is shorter than declared; likewise
 */
export async function* arrivingBody(
  request: Request,
  maxBytes: number,
  tooLarge: () => DomainError,
): AsyncGenerator<Uint8Array> {
  refuseByHeaders(request, maxBytes, tooLarge)
  const declared = request.headers.get('content-length')
  let size = 0
  try {
    for await (const piece of piecesOf(request)) {
      size += piece.length
      yield piece
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new DomainError('bad_request', `The body broke off after ${size} bytes: ${why}`)
  }
  if (declared !== null && Number(declared) !== size) {
    throw new DomainError('bad_request', `The body broke off: ${size} of ${declared} bytes came.`)
  }
}

function refuseByHeaders({ headers }: Request, maxBytes: number, tooLarge: () => DomainError): void {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (!/^(identity)?$/i.test(headers.get('content-encoding') ?? '')) {
    throw new DomainError('unsupported', 'Send the body without Content-Encoding.')
  }
}

/**
 * Reads and forgets what is left of a body that was refused, up to 32 MB, so that the client gets to read the answer and can
 * use its connection again; a larger one loses its connection.
 */
export async function discardBody(request: Request): Promise<void> {
  if (request.body === null || request.body.locked) return
  let size = 0
  try {
    for await (const chunk of piecesOf(request)) {
      size += chunk.length
      if (size > MAX_DISCARDED_BYTES) return await request.body.cancel()
    }
  } catch {
    // the client is gone, and so is its body
  }
}

/** The pieces of the body. Leaving the loop early leaves the rest unread. */
async function* piecesOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  try {
    for (;;) {
      const piece = await reader?.read()
      if (!piece || piece.done) return
      yield piece.value
    }
  } finally {
    reader?.releaseLock()
  }
}

/**
 * The body as it came, to be read by `jsonObjectOf`.
 * @throws DomainError `unsupported` for another type than JSON, `too_large`
 */
export async function readJson(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const type = request.headers.get('content-type')
  const isJson = type === null || /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)
  const hasBody = request.body !== null && request.headers.get('content-length') !== '0'
  if (hasBody && !isJson) throw new DomainError('unsupported', 'The body must be JSON: Content-Type: application/json.')
  const bytes = await readBody(request)
  if (bytes.length > 0 && type === null) {
    throw new DomainError('unsupported', 'The body needs Content-Type: application/json.')
  }
  return bytes
}

/**
 * JSON as an object; nothing at all is an empty object.
 * @throws DomainError `bad_request`, which says where, and nothing of what stands there: it may be a secret
 */
export function jsonObjectOf(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length === 0) return {}
  const value = parseJson(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DomainError('bad_request', 'The body must be a JSON object.')
  }
  return value as Record<string, unknown>
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch (error) {
    const why = error instanceof SyntaxError ? whereOf(error) : 'it is not UTF-8'
    throw new DomainError('bad_request', `The body is not valid JSON: ${why}`)
  }
}

/** The position from the parser's message, where it names one; the rest of the message quotes the body. */
function whereOf({ message }: SyntaxError): string {
  const where = /\bat position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0]
  if (where !== undefined) return `an error ${where}`
  return message.startsWith('Unexpected end') ? 'it ends too early' : 'it has a character that does not belong there'
}
