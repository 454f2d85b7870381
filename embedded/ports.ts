import { createServer } from 'node:net'

/** True when `port` can be bound on `host` right now. Port 0 asks whether the address exists at all. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** A port that the kernel hands out on `host`. */
export async function anyPort(host = '127.0.0.1'): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host }, () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** The first free port of `preferred`, `preferred + 1`, …, leaving out `taken`; 0 lets the kernel choose. */
export async function freePort(preferred: number, host = '127.0.0.1', taken: readonly number[] = []): Promise<number> {
  if (preferred === 0) return await anyPort(host)
  for (let port = preferred; port < preferred + 100 && port < 65_536; port++) {
    if (!taken.includes(port) && (await isFree(port, host))) return port
  }
  return await anyPort(host)
}
