import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Certified } from '../../box/supervisor/testing/certificates'

/** What stands before a worker and speaks TLS for it. */
export type TlsFront = AsyncDisposable & { url: string }

/** Ends TLS in front of a port of this machine, as a reverse proxy does. */
export async function aTlsFront(targetPort: () => number, { key, cert }: Certified): Promise<TlsFront> {
  const sockets = new Set<Socket>()
  const track = <T extends Socket>(socket: T): T => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer({ key, cert }, (client) => {
    const upstream = track(connect(targetPort(), '127.0.0.1'))
    track(client).pipe(upstream).pipe(client)
  })
  server.on('tlsClientError', () => undefined) // a client that does not trust us
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
