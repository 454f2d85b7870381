import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut and mended, as a network or a restart would. */
export type Way = {
  port: number
  /** Ends all connections and takes no new ones. */
  cut: () => Promise<void>
  mend: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

/** Opens a way to a server, on a port of its own of 127.0.0.1. */
export async function aWay(to: { host: string; port: number }): Promise<Way> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(to.port, to.host)
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => other.destroy()).on('close', () => other.destroy() && open.delete(from))
      from.pipe(other)
    }
  })
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = async () => {
    const closed = new Promise<void>((done) => server.close(() => done()))
    for (const socket of open) socket.destroy()
    await closed
  }
  return { port, cut, mend: () => listen(port), [Symbol.asyncDispose]: cut }
}
