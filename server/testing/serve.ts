import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import type { Web } from '../compose'
import { handleMetrics } from '../metrics-route'
import { handleRest } from '../rest/handle'
import { handleLive } from '../sse/live'
import { handleTrpc } from '../trpc/handle'

/** The handlers of the web process behind a real HTTP server on a free port, as Next calls them. */
export async function serve(web: Web): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => void handle(web, request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function handle(web: Web, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort())
  const { method = 'GET', url = '/', headers } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const request = new Request(`http://${headers.host}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    signal: gone.signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
  const response = await handlerOf(url)(web, request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (!response.body) outgoing.end()
  else {
    outgoing.flushHeaders()
    await pipeline(Readable.fromWeb(response.body as unknown as NodeStream), outgoing).catch(() => undefined)
  }
}

function handlerOf(url: string): (web: Web, request: Request) => Promise<Response> {
  if (url.startsWith('/api/trpc')) return handleTrpc
  if (url.startsWith('/metrics')) return handleMetrics
  return url.startsWith('/api/live') ? handleLive : handleRest
}
