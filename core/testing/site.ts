import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something that answers everything with the same text. */
export async function aSite(body: string) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
