import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { LaunchFile } from './simulated-box'

const IDENTITY = { lagerBoxId: 'unknown', hostname: 'simulated', bootId: 'b', python: '3.11.2', pid: 1 }

/** Speaks the box API for one attempt as a supervisor does, over connections of its own; runs nothing. */
export class SimulatedSupervisor implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 })
  #runToken = ''
  #control: ClientRequest | undefined

  constructor(private readonly launch: LaunchFile) {}

  get jobId(): string {
    return this.launch.jobId
  }

  /** Claims the attempt and opens its control stream. */
  async claim(): Promise<void> {
    const nonce = crypto.randomUUID().replaceAll('-', '')
    const message = { nonce, supervisorVersion: 1, sentAt: new Date().toISOString(), identity: IDENTITY }
    const answer = await this.#post('claim', this.launch.claimToken, JSON.stringify(message))
    this.#runToken = (JSON.parse(answer) as { runToken: string }).runToken
    this.#control = this.#ask('GET', 'control?known=0', this.#runToken)
    this.#control.on('response', (response) => response.resume())
    this.#control.on('error', () => undefined) // ends with the attempt
    this.#control.end()
  }

  /** Posts one batch of lines. Resolves once they are durable. @param gzip whether `body` is compressed */
  async log(body: Buffer, gzip = false): Promise<void> {
    await this.#post('log', this.#runToken, body, {
      'content-type': 'application/octet-stream',
      ...(gzip && { 'content-encoding': 'gzip' }),
    })
  }

  async exit(): Promise<void> {
    const message = { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 }
    await this.#post('exit', this.#runToken, JSON.stringify(message))
  }

  async done(lastN: number): Promise<void> {
    await this.#post('done', this.#runToken, JSON.stringify({ lastN, leftovers: [] }))
  }

  [Symbol.dispose](): void {
    this.#control?.destroy()
    this.#agent.destroy()
  }

  #ask(method: string, verb: string, token: string, headers: Record<string, string | number> = {}): ClientRequest {
    const authorization = `Bearer ${token}`
    return request(`${this.launch.url}/${verb}`, { method, agent: this.#agent, headers: { authorization, ...headers } })
  }

  /** @throws Error with the answer when it is no 200 */
  async #post(
    verb: string,
    token: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const asked = this.#ask('POST', verb, token, { ...headers, 'content-length': Buffer.byteLength(body) })
    asked.end(body)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const pieces: Buffer[] = []
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    if (response.statusCode !== 200) throw new Error(`POST ${verb} was answered ${response.statusCode}: ${text}`)
    return text
  }
}
