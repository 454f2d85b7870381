import { connect, type Socket } from 'node:net'
import { decodeFrames, type Frame } from './frames'

/** One answer as it came over the wire. */
export type RawReply = { status: number; headers: Record<string, string>; body: Buffer }

export type FormPart = { name: string; value: string | Buffer; filename?: string; type?: string }

/** Splits an answer; nothing before its headers are complete. */
function parseReply(bytes: Buffer): RawReply | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: bytes.subarray(end + 4),
  }
}

/** A connection on which a test writes and reads bytes, nothing in between. */
export class Connection implements Disposable {
  private chunks: Buffer[] = []
  private watchers = new Set<() => void>()
  ended = false

  private constructor(readonly socket: Socket) {
    const wake = () => this.watchers.forEach((watcher) => void watcher())
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk)
      wake()
    })
    socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.ended = true
        wake()
      })
    }
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new Connection(socket)
  }

  get received(): Buffer {
    const all = Buffer.concat(this.chunks)
    this.chunks = [all]
    return all
  }

  get reply(): RawReply {
    const reply = parseReply(this.received)
    if (!reply) throw new Error('no whole answer yet')
    return reply
  }

  /** The frames that have come, the last one perhaps incomplete and left out. */
  get frames(): Frame[] {
    return decodeFrames(parseReply(this.received)?.body ?? Buffer.alloc(0))
  }

  /** All payloads of one fileno, put together. */
  payload(fileno: string): string {
    const ofFileno = this.frames.filter((frame) => frame.fileno === fileno)
    return Buffer.concat(ofFileno.map((frame) => frame.payload)).toString('utf8')
  }

  /** Resolves when it holds; it is looked at whenever bytes come. @throws Error when the other side ends before */
  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!holds() && !this.ended) return
        this.watchers.delete(look)
        if (holds()) resolve()
        else reject(new Error(`the connection ended; received: ${this.received.toString('latin1').slice(0, 2000)}`))
      }
      this.watchers.add(look)
      look()
    })
  }

  async untilEnd(): Promise<this> {
    await this.until(() => this.ended)
    return this
  }

  /** Bytes of standard output so far contain this text. */
  async untilPrinted(text: string): Promise<void> {
    await this.until(() => this.payload('1').includes(text))
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** Sends one request as it stands and returns the answer when the box has closed the connection. */
export async function exchange(url: string, request: string | Buffer): Promise<RawReply> {
  using connection = await Connection.open(url)
  connection.socket.write(request)
  return (await connection.untilEnd()).reply
}

type Headers = Record<string, string>

function head(method: string, path: string, headers: Headers): string {
  const lines = Object.entries({ Host: 'box', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

export async function get(url: string, path: string, headers: Headers = {}): Promise<RawReply> {
  return await exchange(url, head('GET', path, headers))
}

export async function request(url: string, method: string, path: string): Promise<RawReply> {
  return await exchange(url, head(method, path, { 'Content-Length': '0' }))
}

/** Posts a body: text as it is, anything else as JSON. */
export async function post(url: string, path: string, body: unknown, headers: Headers = {}): Promise<RawReply> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length), ...headers }
  return await exchange(url, Buffer.concat([Buffer.from(head('POST', path, all)), bytes]))
}

export function json(reply: RawReply): unknown {
  return JSON.parse(reply.body.toString('utf8'))
}

const BOUNDARY = 'a-boundary-of-the-test'

/** A multipart body. A filename is sent only where one is given. */
export function multipart(parts: FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, value, filename, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    value,
    '\r\n',
  ])
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece as string)))
}

/** A whole POST /python request. */
export function pythonRequest(parts: FormPart[], headers: Headers = {}, body = multipart(parts)): Buffer {
  const all = {
    'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
    'Content-Length': String(body.length),
    ...headers,
  }
  return Buffer.concat([Buffer.from(head('POST', '/python', all)), body])
}

/** Starts a run and leaves the connection open. */
export async function startRun(url: string, parts: FormPart[]): Promise<Connection> {
  const connection = await Connection.open(url)
  connection.socket.write(pythonRequest(parts))
  return connection
}

/** Runs to the end. */
export async function run(url: string, parts: FormPart[]): Promise<Connection> {
  return await (await startRun(url, parts)).untilEnd()
}

/** A `script` part as the stock command line client sends it. */
export function script(source: string): FormPart {
  return { name: 'script', value: source, filename: 'job.py' }
}

export function env(key: string, value: string): FormPart {
  return { name: 'env', value: `${key}=${value}`, filename: 'env' }
}
