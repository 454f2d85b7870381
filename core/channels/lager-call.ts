import { type IncomingMessage, request } from 'node:http'
import { checkLiteral, guardedLookup } from './address'
import { encodeForm, type RunForm } from './run-form'

export type LagerAddress = { host: string; pythonPort: number; token: string | null }
export type Told = { status: number; ok: boolean; text: string }

/** Requests to one port of a box: one connection each, never redirected, never to an address that Stout does not dial. */
export type LagerCall = {
  /** Sends JSON, or nothing, and reads the whole answer. @throws Error when there is none within the limit */
  ask(method: 'GET' | 'POST', path: string, limitMs: number, body?: object): Promise<Told>
  /** Posts a run. With status 200 `frames` streams until the run ends; else `text` says what was wrong. @throws Error as above */
  run(form: RunForm, limitMs: number): Promise<{ status: number; text: string; frames: AsyncIterable<Buffer> }>
}

const CONNECT_MS = 5_000
const MAX_ANSWER_BYTES = 1_000_000

class NoAnswer extends Error {
  constructor(
    readonly code: 'NO_CONNECTION' | 'NO_ANSWER' | 'TOO_LARGE',
    message: string,
  ) {
    super(message)
  }
}

export function lagerCall(address: LagerAddress): LagerCall {
  return {
    async ask(method, path, limitMs, body) {
      const sent = body && { type: 'application/json', pieces: [Buffer.from(JSON.stringify(body))] }
      const response = await send(address, method, path, limitMs, sent)
      const text = await readText(response)
      const status = response.statusCode ?? 0
      return { status, ok: status >= 200 && status < 300, text }
    },
    async run(form, limitMs) {
      const response = await send(address, 'POST', '/python', limitMs, encodeForm(form))
      const status = response.statusCode ?? 0
      return { status, text: status === 200 ? '' : await readText(response), frames: response }
    },
  }
}

async function send(
  { host, pythonPort, token }: LagerAddress,
  method: string,
  path: string,
  limitMs: number,
  body?: { type: string; pieces: Uint8Array[] },
): Promise<IncomingMessage> {
  checkLiteral(host)
  // with its length: a stock box takes a chunked body for an empty one
  const length = body?.pieces.reduce((sum, piece) => sum + piece.length, 0) ?? 0
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      ...{ host, port: pythonPort, method, path, agent: false, lookup: guardedLookup },
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': body.type }),
        ...(method === 'POST' && { 'content-length': length }),
      },
    })
    let response: IncomingMessage | undefined
    const giveUp = (why: NoAnswer) => {
      response?.destroy(why)
      outgoing.destroy(why)
    }
    const within = (ms: number) => `within ${ms / 1_000} s`
    const connecting = setTimeout(
      () => giveUp(new NoAnswer('NO_CONNECTION', `no connection ${within(CONNECT_MS)}`)),
      CONNECT_MS,
    )
    const answering = setTimeout(() => giveUp(new NoAnswer('NO_ANSWER', `no answer ${within(limitMs)}`)), limitMs)
    const done = () => {
      clearTimeout(connecting)
      clearTimeout(answering)
    }
    outgoing.on('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)))
    outgoing.on('response', (incoming) => {
      response = incoming
      incoming.on('error', () => undefined) // whoever reads it is told; afterwards nobody cares
      resolve(incoming)
    })
    outgoing.on('error', reject)
    outgoing.on('close', done)
    for (const piece of body?.pieces ?? []) outgoing.write(piece)
    outgoing.end()
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new NoAnswer('TOO_LARGE', `an answer of more than ${MAX_ANSWER_BYTES} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** True if the request can't have reached the box: nobody listened, or the address leads nowhere. */
export function neverArrived(error: unknown): boolean {
  const codes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'NO_CONNECTION']
  return [...codes, 'FORBIDDEN_ADDRESS'].includes(codeOf(error))
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  EHOSTUNREACH: 'there is no way to that host (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to that network (ENETUNREACH)',
  ENOTFOUND: 'there is no host of that name (ENOTFOUND)',
  EAI_AGAIN: 'the name could not be resolved just now (EAI_AGAIN)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
}

/** Why there was no answer, for people. */
export function reasonOf(error: unknown): string {
  return WORDS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
