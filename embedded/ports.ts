import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** True when `port` can be bound on `host` right now. Port 0 asks whether the address exists at all. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Below those that kernels take for outgoing connections (Linux: from 32,768), which can be gone before they are bound; above those that browsers refuse. */
const ANY = { first: 11_000, last: 29_999 }
const given = new Set<number>()

/** A free port on `host` that this process was not given before. */
export async function anyPort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = randomInt(ANY.first, ANY.last + 1)
    if (given.has(port) || !(await isFree(port, host))) continue
    given.add(port)
    return port
  }
  throw new Error(`No free port between ${ANY.first} and ${ANY.last} on ${host}`)
}

/** The first free port of `preferred`, `preferred + 1`, …, leaving out `taken`; 0: any. */
export async function freePort(preferred: number, host = '127.0.0.1', taken: readonly number[] = []): Promise<number> {
  if (preferred === 0) return await anyPort(host)
  for (let port = preferred; port < preferred + 100 && port < 65_536; port++) {
    if (!taken.includes(port) && (await isFree(port, host))) return port
  }
  return await anyPort(host)
}
