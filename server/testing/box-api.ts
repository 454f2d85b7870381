import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the health of the box API says; the box API itself is the worker's, which these tests do without. */
export async function aBoxApi() {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ status: 'healthy', service: 'stout-worker', installation: 'local' }))
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
