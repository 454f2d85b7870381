import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * What happens to a request on its way to the store. `hold`: it does not arrive, and is not answered. `halve`: its answer ends
 * nowhere: half of the body comes, and then nothing. A status with S3's code: the store answers that; `change`: it answers other bytes.
 */
export type Reaction =
  | 'pass'
  | 'cut'
  | 'hold'
  | 'halve'
  | { status: number; code: string }
  | { change(body: Buffer): Buffer }
export type StoreWay = AsyncDisposable & {
  /** The `S3_…` variables by which the store is reached over this way. */
  env: Record<string, string>
  /** Each request that came along, as `METHOD /path?query`. */
  asked: string[]
  react: (asked: string) => Reaction | Promise<Reaction>
}

/** A small HTTP proxy in front of an object store, for faults on the way and answers that a store gives in trouble. */
export async function aWayTo(store: { endpoint: string; env: Record<string, string> }): Promise<StoreWay> {
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing).catch(() => outgoing.destroy()))
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const asked = `${incoming.method} ${incoming.url}`
    way.asked.push(asked)
    const reaction = await way.react(asked)
    if (reaction === 'hold') return
    if (reaction === 'cut') return void outgoing.destroy()
    if (typeof reaction === 'object' && 'status' in reaction) return refuse(incoming, outgoing, reaction)
    const answer = await forward(store.endpoint, incoming)
    if (reaction === 'pass') {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      return void answer.pipe(outgoing)
    }
    const body = await buffer(answer)
    const told = reaction === 'halve' ? body : reaction.change(body)
    outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': told.length })
    if (reaction === 'halve') outgoing.write(told.subarray(0, told.length / 2))
    else outgoing.end(told)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const way: StoreWay = {
    env: { ...store.env, S3_ENDPOINT: endpoint, S3_PUBLIC_ENDPOINT: endpoint },
    asked: [],
    react: () => 'pass',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return way
}

/** Headers stay as they are, `host` too: they are signed. */
async function forward(endpoint: string, incoming: IncomingMessage): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const { method, headers } = incoming
    const outward = request(`${endpoint}${incoming.url}`, { method, headers, agent: false }, resolve)
    outward.on('error', reject)
    incoming.on('error', reject).pipe(outward)
  })
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code }: { status: number; code: string },
): void {
  incoming.resume()
  incoming.on('end', () => {
    outgoing.writeHead(status, { 'content-type': 'application/xml' })
    outgoing.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  })
}
