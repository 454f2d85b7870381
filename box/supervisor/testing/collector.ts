import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { ArtifactDesk } from './artifact-desk'
import { type Line, readBatch } from './batch'

export type Exit = {
  exitCode: number | null
  signal: string | null
  endedBy: string
  durationMs: number
  error?: string
}
/** As told while dependencies are installed. */
export type Phase = { event: string; durationMs?: number; cached?: boolean; error?: string }
export type Done = { lastN: number; leftovers: string[] }
export type ClaimRequest = {
  nonce: string
  supervisorVersion: number
  sentAt: string
  identity: Record<string, unknown>
}

export type ArtifactOrder = {
  globs: string[]
  lagerOutput: boolean
  maxFiles: number
  maxFileBytes: number
  maxTotalBytes: number
  partBytes: number
  uploadSeconds: number
  stallSeconds?: number
}
/** What the claim's answer carries besides the token and the clock. */
export type Order = {
  script: string
  /** A zip, which is told in place of the script. */
  bundle?: Uint8Array
  cacheKey?: string
  /** What is run of a bundle; `main.py` when absent. */
  entry?: string
  /** What files are kept; they go to the collector's `desk`. */
  artifacts?: ArtifactOrder
  args: string[]
  env: Record<string, string>
  secrets?: Record<string, string>
  graceSeconds: number
  remainingSeconds: number
  noOutputTimeoutSeconds: number | null
  spoolBytes: number
  lock: { url: string; token: string | null; user: string; ttlSeconds: number; heartbeatSeconds: number } | null
}

/** What to do with a request instead of answering it: a status, or cutting the connection before or after handling it. */
export type Mischief = number | 'cut_before' | 'cut_after' | undefined

const ABOUT_ARTIFACTS = ['/uploads', '/uploaded', '/skipped', '/progress']
export const CLAIM_TOKEN = 'claim-token-e1f0'
export const RUN_TOKEN = 'run-token-77ab'

/**
 * A real HTTP server that answers as docs/box-api.md says, for one attempt, and remembers what it was told. It refuses gaps and
 * drops repeated lines as the worker does, so a test sees exactly the log that a user would.
 */
export class Collector {
  /** Its own for every test: reaps look at the whole machine. */
  readonly jobId = `job_${randomUUID().replaceAll('-', '')}`
  readonly claims: ClaimRequest[] = []
  readonly lines: Line[] = []
  readonly exits: Exit[] = []
  readonly dones: Done[] = []
  readonly phases: Phase[] = []
  /** Every request, as `POST /log`, with whether its body was compressed. */
  readonly requests: { what: string; gzip: boolean }[] = []
  /** Decides, per request, on trouble to make. `nth` counts requests of this path from 1. */
  mischief: (path: string, nth: number) => Mischief = () => undefined
  /** Batches with more records are refused as too large. */
  largestBatch = 20_000
  /** How long the answer to a batch takes. */
  answerAfterMs = 0
  /** False: lines are counted and forgotten, for logs that would fill this process. */
  keepsLines = true
  /** Told of new lines as they arrive. */
  arrived: (lines: Line[]) => void = () => undefined
  /** The last line that was acknowledged. */
  received = 0
  batches = 0
  resentLines = 0
  clock = () => new Date()
  /** Where the bundle is to be fetched from, when the answer does not carry it. */
  bundleUrl: (() => Promise<string>) | undefined
  /** Answers about artifacts. */
  desk: ArtifactDesk | undefined
  /** Set before it listens: it speaks https with this. */
  tls: { key: string; cert: string } | undefined
  /** Told in place of the script's own hash. */
  sha256: string | undefined
  private nonce: string | undefined
  private state: Record<string, unknown> = { version: 1, cancel: null, stop: null, remainingSeconds: null }
  private readonly counts = new Map<string, number>()
  private readonly streams = new Set<ServerResponse>()
  private readonly sockets = new Set<Socket>()
  private server: Server | undefined
  private port = 0

  constructor(readonly order: Order) {}

  get url(): string {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.port}/box/v1/attempts/${this.jobId}/1`
  }

  /** Begins to listen; after `stop`, on the same port again. */
  async listen(): Promise<void> {
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response)
    const server = this.tls ? createTlsServer(this.tls, handle) : createServer(handle)
    server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
    this.port = (server.address() as AddressInfo).port
    this.server = server
  }

  /** Stops listening and cuts every connection, as a killed worker would. */
  async stop(): Promise<void> {
    const server = this.server
    this.server = undefined
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  /** Changes what the control plane wants, and tells whoever listens. */
  control(change: Record<string, unknown>): void {
    this.state = { ...this.state, ...change, version: (this.state.version as number) + 1 }
    for (const stream of this.streams) stream.write(`${JSON.stringify(this.state)}\n`)
  }

  /** Ends every control stream, as a worker does that stops. */
  cutStreams(): void {
    for (const stream of this.streams) stream.destroy()
  }

  /** Loses all lines after number `n`, which were acknowledged: a database that came back from an older state. */
  forgetAfter(n: number): void {
    this.lines.length = n
    this.received = n
  }

  /** Bytes of one stream as the script wrote them. */
  bytes(stream: number): Buffer {
    const lines = this.lines.filter((line) => line.stream === stream)
    return Buffer.concat(lines.flatMap((line) => (line.partial ? [line.bytes] : [line.bytes, Buffer.from('\n')])))
  }

  text(stream = 1): string {
    return this.bytes(stream).toString()
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(/^.*\/attempts\/\w+\/1/, '').replace(/\?.*/, '')
    const nth = (this.counts.get(path) ?? 0) + 1
    this.counts.set(path, nth)
    const body = await readBody(request)
    const gzip = request.headers['content-encoding'] === 'gzip'
    this.requests.push({ what: `${request.method} ${path}`, gzip })
    const mischief = this.mischief(path, nth)
    if (typeof mischief === 'number')
      return json(response, mischief, { code: 'test', message: 'As the test wants it.' })
    if (mischief === 'cut_before') return void request.socket.destroy()
    const [status, answer] = await this.handle(path, request.headers.authorization, gzip ? gunzipSync(body) : body)
    if (path === '/log' && this.answerAfterMs > 0) await new Promise((done) => setTimeout(done, this.answerAfterMs))
    if (mischief === 'cut_after') return void request.socket.destroy()
    if (path === '/control' && status === 200) return this.stream(request, response)
    json(response, status, answer)
  }

  private async handle(path: string, authorization: string | undefined, body: Buffer): Promise<[number, object]> {
    const token = path === '/claim' ? CLAIM_TOKEN : RUN_TOKEN
    if (authorization !== `Bearer ${token}`) return [401, { code: 'unauthenticated', message: 'Wrong token.' }]
    if (path === '/claim') return this.claim(JSON.parse(body.toString()))
    if (path === '/log') return this.log(body)
    if (this.dones.length > 0 && path === '/control') return [410, { code: 'gone', message: 'Closed.' }]
    if (ABOUT_ARTIFACTS.includes(path)) {
      if (this.exits.length === 0) return [409, { code: 'conflict', message: 'Say exit before artifacts.' }]
      const answer = await this.desk?.answer(path, JSON.parse(body.toString()))
      return answer ? [200, answer] : [400, { code: 'bad_request', message: 'Not like this.' }]
    }
    if (path === '/phase') this.phases.push(JSON.parse(body.toString()))
    if (path === '/exit') this.exits.push(JSON.parse(body.toString()))
    if (path === '/done') {
      const done: Done = JSON.parse(body.toString())
      if (done.lastN > this.received) return [409, { code: 'log_gap', message: '', expected: this.received + 1 }]
      this.dones.push(done)
    }
    return [200, {}]
  }

  private async claim(request: ClaimRequest): Promise<[number, object]> {
    this.claims.push(request)
    this.nonce ??= request.nonce
    if (request.nonce !== this.nonce) return [409, { code: 'claimed', message: 'Somebody else claimed it.' }]
    const { script, bundle, ...order } = this.order
    const content = Buffer.from(bundle ?? script)
    const sha256 = this.sha256 ?? createHash('sha256').update(content).digest('hex')
    const base64 = content.toString('base64')
    const url = await this.bundleUrl?.()
    return [
      200,
      {
        now: this.clock().toISOString(),
        runToken: RUN_TOKEN,
        ...order,
        control: this.state,
        timeoutSeconds: Math.ceil(this.order.remainingSeconds),
        ...(bundle
          ? { bundle: { kind: 'zip', sha256, sizeBytes: content.length, ...(url ? { url } : { base64 }) } }
          : { script: { name: 'main.py', sha256, base64 } }),
      },
    ]
  }

  private log(body: Buffer): [number, object] {
    const batch = readable(body)
    if (!batch) return [400, { code: 'bad_request', message: 'Malformed log batch.' }]
    const { first, lines } = batch
    if (lines.length > this.largestBatch) return [413, { code: 'too_large', message: 'The batch is too large.' }]
    this.batches += 1
    const expected = this.received + 1
    if (first > expected) return [409, { code: 'log_gap', message: 'Lines are missing.', expected }]
    this.resentLines += lines.filter((line) => line.n < expected).length
    const fresh = lines.filter((line) => line.n >= expected)
    this.received += fresh.length
    if (this.keepsLines) this.lines.push(...fresh)
    this.arrived(fresh)
    return [200, { acked: this.received, now: this.clock().toISOString() }]
  }

  private stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write(`${JSON.stringify(this.state)}\n`)
    this.streams.add(response)
    const keepalive = setInterval(() => response.write('\n'), 5_000)
    request.socket.on('close', () => {
      clearInterval(keepalive)
      this.streams.delete(response)
    })
  }
}

function readable(body: Buffer): ReturnType<typeof readBatch> | undefined {
  try {
    const batch = readBatch(body)
    return batch.lines.every(({ at, stream }) => at >= 0 && stream >= 1 && stream <= 3) ? batch : undefined
  } catch {
    return undefined
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function json(response: ServerResponse, status: number, answer: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}
