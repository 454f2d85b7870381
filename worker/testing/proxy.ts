import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * What a proxy does to a connection whose first bytes match `when` (default: all).
 * `drop_answer`: the request arrives, its answer is thrown away and the connection cut once the other side has answered.
 * `cut_at_answer`: the same, but the connection is cut as soon as the other side begins to answer.
 * `cut_in_answer`, `stall_in_answer`: the first 2 MB of the answer pass, then the connection is cut, or nothing passes any more.
 * `repeat`: the request arrives a second time, by a connection of its own, after the first was answered.
 * `hold`: nothing passes until `release`.
 */
export type Trick = 'pass' | 'drop_answer' | 'cut_at_answer' | 'cut_in_answer' | 'stall_in_answer' | 'repeat' | 'hold'
/**
 * `up`: as tricks say. `cut`: every connection is cut, and new ones at once. `dead`: nothing passes and nobody is told; a
 * connection over which something was to pass meanwhile stays dead for ever (half-open), also when the line is up again.
 * `dripping`: of what clients say 100 bytes a second pass, of connections that begin meanwhile, and for ever.
 * `slow`: everything passes, 512 bytes at a time with pauses between.
 */
export type Line = 'up' | 'cut' | 'dead' | 'dripping' | 'slow'
const SLOW = { bytes: 512, everyMs: 20 }
export type Proxy = AsyncDisposable & {
  port: number
  /** The state of the line; every connection passes over it. */
  turn(line: Line): void
  /** The line is `dead` from the moment at which a client says this on a connection that is open; resolves then. */
  deadAt(text: string): Promise<void>
  /** Resolves once every connection that somebody began before has been dealt with as the line, which is `cut`, says. */
  taken(): Promise<void>
  /** How many connections matched `when`. */
  matched: number
  play(trick: Trick, when?: (head: string) => boolean): void
  release(): void
}

/** A small TCP proxy between two parts of the real system, for faults on the way. */
export async function aProxy(targetPort: () => number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let line: Line = 'up'
  let trick: Trick = 'pass'
  let when: (head: string) => boolean = () => true
  let lastWord: { text: string; said(): void } | undefined
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const drip = (client: Socket, data: Buffer, upstream: Socket) => {
    client.pause()
    let at = 0
    const dripping = setInterval(() => {
      if (at >= data.length || client.destroyed) {
        clearInterval(dripping)
        client.resume()
      } else upstream.write(data.subarray(at, at + 10))
      at += 10
    }, 100)
  }
  const server = createServer((client) => {
    if (line === 'cut') return void client.destroy()
    track(client).once('data', (first: Buffer) => {
      if (line === 'dead') return void client.resume()
      client.pause()
      const matches = when(first.toString('latin1'))
      if (matches) proxy.matched++
      const go = () => join(client, first, matches ? trick : 'pass')
      if (matches && trick === 'hold') held.push(go)
      else go()
    })
  })
  const forward = (from: Socket, to: Socket, passes: () => boolean) =>
    from.on('data', async (data: Buffer) => {
      if (lastWord && data.includes(lastWord.text)) {
        line = 'dead'
        lastWord.said()
        lastWord = undefined
      }
      if (!passes()) return
      from.pause()
      let sent = 0
      for (; line === 'slow' && sent < data.length && !to.destroyed; sent += SLOW.bytes) {
        to.write(data.subarray(sent, sent + SLOW.bytes))
        await new Promise((resolve) => setTimeout(resolve, SLOW.everyMs))
      }
      if (sent < data.length && passes()) to.write(data.subarray(sent))
      from.resume()
    })
  const join = (client: Socket, first: Buffer, how: Trick) => {
    const upstream = track(connect(targetPort(), '127.0.0.1'))
    const request = [first]
    const drips = line === 'dripping'
    let dead = false
    const passes = () => {
      dead ||= line === 'dead'
      return !dead
    }
    upstream.on('error', () => passes() && client.destroy()) // nobody listens there
    upstream.write(first)
    if (how === 'repeat') client.on('data', (data: Buffer) => request.push(data))
    if (drips) client.on('data', (data: Buffer) => passes() && drip(client, data, upstream))
    else forward(client, upstream, passes)
    client.resume()
    client.on('close', () => upstream.destroy())
    if (how === 'drop_answer') upstream.on('data', () => undefined).on('end', () => client.destroy())
    else if (how === 'cut_at_answer') upstream.once('data', () => client.destroy())
    else if (how === 'cut_in_answer' || how === 'stall_in_answer') {
      let left = 2_000_000
      upstream.on('data', (data: Buffer) => {
        if (left > 0) client.write(data.subarray(0, left))
        left -= data.length
        if (left <= 0 && how === 'cut_in_answer') client.end()
      })
    } else forward(upstream, client, passes).on('end', () => passes() && client.end())
    if (how === 'repeat')
      upstream.on('end', () =>
        track(connect(targetPort(), '127.0.0.1'))
          .on('data', () => undefined)
          .write(Buffer.concat(request)),
      )
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const proxy: Proxy = {
    port: typeof address === 'object' && address ? address.port : 0,
    matched: 0,
    play(next, filter = () => true) {
      trick = next
      when = filter
      proxy.matched = 0
    },
    turn(next) {
      line = next
      if (line === 'cut') for (const socket of sockets) socket.destroy()
    },
    deadAt: (text) =>
      new Promise((said) => {
        lastWord = { text, said }
      }),
    async taken() {
      const last = connect(proxy.port, '127.0.0.1').on('error', () => undefined) // they are taken in turn
      await once(last, 'close')
    },
    release() {
      trick = 'pass'
      for (const go of held.splice(0)) go()
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return proxy
}
