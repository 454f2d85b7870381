import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { unzipSync } from 'fflate'

/** What a supervisor would find in `launch.json` (docs/box-api.md). */
export type LaunchFile = { url: string; jobId: string; attempt: number; claimToken: string }
export type SimulatedBox = AsyncDisposable & { port: number }

const EXIT_0 = '- 1 0'
const ZIP = Buffer.from('PK\x03\x04', 'latin1')

/**
 * A box that runs nothing: answers status, locks and launches as a runtime does, by real requests on a port of its own, and hands
 * each launch to who plays its supervisor.
 */
export async function aSimulatedBox(launched: (launch: LaunchFile) => void): Promise<SimulatedBox> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.url === '/python') {
      response.end(EXIT_0)
      launched(launchIn(body))
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(request.url === '/status' ? '{"version":"0.40.0","nets":[]}' : '{"locked":false}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function launchIn(form: Buffer): LaunchFile {
  const zip = new Uint8Array(form.subarray(form.indexOf(ZIP)))
  const { 'launch.json': file } = unzipSync(zip.subarray(0, endOfZip(form) - form.indexOf(ZIP)), {
    filter: ({ name }) => name === 'launch.json',
  })
  if (!file) throw new Error('A launch came without launch.json')
  return JSON.parse(Buffer.from(file).toString()) as LaunchFile
}

/** The end-of-directory record has 22 bytes, and no comment in ours. */
const endOfZip = (form: Buffer) => form.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1')) + 22

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
