import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Authenticator } from './auth/authenticate'
import type { Credentials } from './auth/signing'
import { openBody } from './body/body'
import { corsHeaders, preflight } from './cors'
import { S3Error } from './errors'
import { effectiveHeaders } from './operations/headers'
import type { Answer, Call, ObjectCall } from './operations/operation'
import { operationFor } from './operations/table'
import { readRequest, type S3Request } from './request'
import type { Store } from './storage/store'
import { errorXml } from './xml'

export type ServerOptions = {
  store: Store
  credentials: Credentials
  region: string
  /** Origins of pages that may use the store from a browser. */
  allowedOrigins: readonly string[]
  /** Told of every fault of ours. */
  onFault: (error: unknown, request: { id: string; method: string | undefined }) => void
}

/** How much of a refused body is still read, so that the client gets to read why, before the connection is cut. */
const DRAIN_LIMIT_BYTES = 8 * 1024 * 1024
const IDLE_MS = 120_000
const SQLITE_FULL = 13

/** The store's HTTP server, not yet listening. */
export function objectStoreServer(options: ServerOptions): Server {
  const authenticator = new Authenticator(options.credentials, options.region, options.store.now)
  const handle = (message: IncomingMessage, response: ServerResponse) => {
    answerOne(options, authenticator, message, response).catch((error: unknown) => {
      options.onFault(error, { id: '', method: message.method })
      response.destroy()
    })
  }
  // An upload may take hours, but not without a byte for two minutes.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 65_000 }, handle)
  server.on('checkContinue', handle) // who asks first is told to go on only when the body is wanted
  server.on('clientError', refuseGarbage)
  server.setTimeout(IDLE_MS)
  return server
}

async function answerOne(
  options: ServerOptions,
  authenticator: Authenticator,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = randomBytes(8).toString('hex').toUpperCase()
  const origin = message.headers.origin
  let answer: Answer
  try {
    answer = await carryOut(options, authenticator, message, response)
  } catch (error) {
    if (response.destroyed || message.errored) return // nobody is left who could be told
    const refusal = error instanceof S3Error ? error : faultOf(error)
    if (refusal.code === 'InternalError') options.onFault(error, { id, method: message.method })
    answer = refused(refusal, message, id)
  }
  const own = { server: 'stout-object-store', 'x-amz-request-id': id, 'x-content-type-options': 'nosniff' }
  await send(message, response, {
    ...answer,
    headers: { ...own, ...corsHeaders(origin, options.allowedOrigins), ...answer.headers },
  })
}

async function carryOut(
  options: ServerOptions,
  authenticator: Authenticator,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<Answer> {
  const request = readRequest(message)
  if (request.method === 'OPTIONS') return { status: 200, headers: preflight(request.headers, options.allowedOrigins) }
  const { payload } = await authenticator.authenticate(request)
  const headers = effectiveHeaders(request)
  const operation = operationFor(request, headers)
  const ofBody = operation.checksumIsOfObject ? withoutChecksums(headers) : headers
  const body = openBody({ headers: ofBody }, payload, bytesOn(message, response))
  const call: Call = { store: options.store, region: options.region, request, headers, body }
  if (!operation.takesBody) await body.receive(refuseBytes)
  return await operation.run({ ...call, ...names(request) })
}

/** Which of the two an operation needs was settled when it was found. */
function names({ bucket, key }: S3Request): Pick<ObjectCall, 'bucket' | 'key'> {
  return { bucket: bucket ?? '', key: key ?? '' }
}

async function refuseBytes(): Promise<void> {
  throw new S3Error('InvalidRequest', 'This operation takes no body.')
}

function withoutChecksums(headers: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...headers].filter(([name]) => !name.startsWith('x-amz-checksum-')))
}

async function* bytesOn(message: IncomingMessage, response: ServerResponse): AsyncGenerator<Buffer> {
  if (message.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  try {
    // Left open when the reader stops early: the answer still has to go out on the same connection.
    for await (const chunk of message.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? new S3Error('IncompleteBody') : error
  }
}

/** What is not HTTP gets an answer of the same form, written by hand. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const message = error.code === 'HPE_HEADER_OVERFLOW' ? 'The headers are too large.' : 'This is not HTTP.'
  const body = errorXml({ Code: 'BadRequest', Message: message })
  const head = ['HTTP/1.1 400 Bad Request', 'content-type: application/xml', 'connection: close']
  socket.end([...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'))
}

/** A full disk is not a fault of the program. */
function faultOf(error: unknown): S3Error {
  const { code, errcode } = error as { code?: string; errcode?: number }
  if (code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_FULL)
    return new S3Error('ServiceUnavailable', 'The disk of the store is full.')
  return new S3Error('InternalError')
}

function refused(error: S3Error, message: IncomingMessage, id: string): Answer {
  const resource = (message.url ?? '').split('?')[0] ?? ''
  const content = { Code: error.code, Message: error.message, Resource: resource, RequestId: id }
  return { status: error.status, body: errorXml(content) }
}

async function send(message: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers = {}, body } = answer
  const release = typeof body === 'object' ? body.release : () => {}
  try {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, Buffer.from(value).toString('latin1'))
    response.statusCode = status
    // Who asked before sending and is refused may send or not: nobody can tell what comes next on this connection.
    if (!message.complete && message.headers.expect !== undefined) response.setHeader('connection', 'close')
    if (typeof body === 'object') {
      await pipeline(Readable.from(body.bytes, { objectMode: false }), response)
      return
    }
    if (body !== undefined) response.setHeader('content-type', 'application/xml')
    if (body !== undefined && message.method !== 'HEAD') response.end(body)
    else response.end()
    if (!message.complete) drain(message)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error // the reader has gone
  } finally {
    release()
  }
}

function drain(message: IncomingMessage): void {
  let left = DRAIN_LIMIT_BYTES
  message.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) message.destroy()
  })
  message.on('error', () => {})
  message.resume()
}
