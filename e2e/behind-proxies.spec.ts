import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, type Page, test } from '@playwright/test'
import { WebSocket } from 'ws'
import { type Certified, certificateFor, hasOpenssl } from '../box/supervisor/testing/certificates'
import type { BoxView } from '../core/boxes/list-boxes'
import type { JobView } from '../core/jobs/job-view'
import { isTerminal } from '../core/jobs/state'
import { aZip } from '../core/testing/zips'
import { exampleEnv, readCompose, readManifests } from '../deploy/testing/read'
import { anyPort } from '../embedded/ports'
import { run } from '../embedded/process'
import type { System } from './connection'
import { signIn } from './fixtures'
import { JobPage } from './job-page'
import { PROXIES, type ProxyName, type ProxyPorts, runProxy } from './proxies'
import { holdSystem } from './start-system'

/** Prints a line, waits until `gate` is there, then keeps the bundle's data as an artifact. */
const script = (gate: string) => `
import os, pathlib, shutil, time
print("before the gate", flush=True)
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.02)
shutil.copy("data.bin", pathlib.Path(os.environ["STOUT_ARTIFACTS"]) / "data.bin")
print("after the gate")
`

/** Asks over https, trusting the authority of the test alone. */
class Door {
  private readonly agent: Agent

  constructor(
    private readonly system: System,
    readonly authority: string,
  ) {
    this.agent = new Agent({ ca: authority, keepAlive: true })
  }

  /** The answer as it comes. @param url a path of the API, or a whole address, which is not told the token */
  async open(method: string, url: string, body?: string | Buffer, headers: Record<string, string> = {}) {
    const own = !url.startsWith('https:')
    const asked = request(own ? `${this.system.url}/api/v1${url}` : url, {
      method,
      agent: this.agent,
      headers: { ...(own && { authorization: `Bearer ${this.system.apiToken}` }), ...headers },
    })
    asked.end(body)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    return answer
  }

  async ask<T>(method: string, url: string, body?: object): Promise<T> {
    const type = { 'content-type': 'application/json' }
    return (await json(await this.open(method, url, body && JSON.stringify(body), body && type))) as T
  }

  socket(url: string): WebSocket {
    const headers = { authorization: `Bearer ${this.system.apiToken}` }
    return new WebSocket(`${this.system.url.replace('https:', 'wss:')}/api/v1${url}`, { ca: this.authority, headers })
  }

  close(): void {
    this.agent.destroy()
  }
}

type Behind = { door: Door; system: System; folder: string; ports: ProxyPorts; stop: () => Promise<void> }

/** A whole installation that people, boxes and browsers reach through the proxy alone. */
async function startBehind(name: ProxyName): Promise<Behind> {
  const stack = new AsyncDisposableStack()
  const folder = mkdtempSync(path.join(tmpdir(), `stout-${name}-`))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const certified: Certified = certificateFor('DNS:localhost')
  writeFileSync(path.join(folder, 'ca.pem'), certified.ca)
  const [site, files, http, web, worker, store, gone] = await Promise.all(
    Array.from({ length: 7 }, async () => await anyPort()),
  )
  const ports = { site, files, http, web, worker, store, gone } as ProxyPorts
  const url = `https://localhost:${ports.site}`
  const env = {
    NODE_ENV: 'production' as const,
    STOUT_URL: url,
    STOUT_BOX_URL: url,
    STOUT_BOX_CA: path.join(folder, 'ca.pem'),
    STOUT_PROXIES: '1',
    S3_PUBLIC_ENDPOINT: `https://localhost:${ports.files}`,
  }
  stack.defer(await runProxy(name, folder, ports, certified))
  const { system, stop } = await holdSystem({ env, ports })
  stack.defer(stop)
  const door = new Door(system, certified.ca)
  stack.defer(() => door.close())
  return { door, system, folder, ports, stop: () => stack.disposeAsync() }
}

for (const name of ['nginx', 'caddy'] as const) {
  test.describe(`behind ${name}, as deploy/ configures it`, () => {
    test.skip(!PROXIES[name], `There is no ${name} here.`)
    test.skip(!hasOpenssl(), 'There is no OpenSSL 3 here.')
    test.use({ ignoreHTTPSErrors: true })
    let behind: Behind
    test.beforeAll(async () => {
      behind = await startBehind(name)
    })
    test.afterAll(async () => await behind?.stop())

    test('boxes call back, a bundle goes in, lines come as they are printed, and a file comes out', async ({
      page,
    }) => {
      const { door, folder } = behind
      const boxes = async () => (await door.ask<{ items: BoxView[] }>('GET', '/boxes')).items
      await expect.poll(async () => (await boxes()).filter((box) => box.canCallBack)).toHaveLength(3)

      const gate = path.join(folder, 'gate')
      const data = randomBytes(3_000_000) // too large for Postgres: it comes to the box from the store
      const bundle = await aZip({ 'main.py': script(gate), 'data.bin': data })
      const upload = await door.open('POST', '/bundles', bundle, { 'content-type': 'application/zip' })
      expect(upload.statusCode).toBe(201)
      const { sha256 } = (await json(upload)) as { sha256: string }
      const { id } = await door.ask<JobView>('POST', '/jobs', { name: 'Behind', bundle: sha256, entry: 'main.py' })

      // both see a line while the script waits for them
      const stream = await door.open('GET', `/jobs/${id}/logs/stream`)
      expect(stream.headers['content-type']).toMatch('text/event-stream')
      const [streamed, socketed] = [textOf(stream), textOf(door.socket(`/jobs/${id}/logs/ws`))]
      await expect.poll(() => streamed.text).toContain('before the gate')
      await expect.poll(() => socketed.text).toContain('before the gate')
      await look(page, behind.system, id)
      writeFileSync(gate, '')
      await expect.poll(() => streamed.text).toContain('event: end')
      await expect.poll(() => socketed.text).toContain('"event":"end"')
      expect(socketed.text).toContain('after the gate')
      await expect(new JobPage(page).state).toHaveText('completed')

      await expect.poll(async () => isTerminal((await door.ask<JobView>('GET', `/jobs/${id}`)).state)).toBe(true)
      const { items } = await door.ask<{ items: { id: string; path: string }[] }>('GET', `/jobs/${id}/artifacts`)
      const led = await door.open('GET', `/jobs/${id}/artifacts/${items[0]?.id}`)
      led.resume()
      expect(led.headers.location).toContain(`https://localhost:${behind.ports.files}/`)
      const file = await door.open('GET', led.headers.location ?? '')
      const hash = createHash('sha256')
      for await (const piece of file) hash.update(piece)
      expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'))
    })

    test('metrics stay inside, and too large a bundle is refused', async () => {
      const { door, system } = behind
      expect((await door.open('GET', `${system.url}/metrics`)).statusCode).toBe(404)
      const tooLarge = { 'content-type': 'application/zip', 'content-length': '200000000', expect: '100-continue' }
      expect((await door.open('POST', '/bundles', undefined, tooLarge).catch(() => null))?.statusCode).toBe(413)
    })

    test('what looks after processes finds them well: probes of the manifests, health checks of image and Compose', async () => {
      const ports = { 3000: behind.ports.web, 3001: behind.ports.worker, 9100: behind.ports.store }
      const [web, worker] = ['web.yaml', 'worker.yaml'].map((file) => readManifests(file)[0]?.spec?.template?.spec)
      for (const { name, path: asked, port } of [...probesOf(web), ...probesOf(worker)]) {
        const { status } = await fetch(`http://127.0.0.1:${ports[port]}${asked}`)
        expect(status, `${name} of ${port}`).toBe(200)
      }
      const { services } = readCompose(exampleEnv())
      const image = /HEALTHCHECK .*\\\n +CMD (\[.*\])/.exec(readFileSync('deploy/Dockerfile', 'utf8'))?.[1] ?? '[]'
      for (const test of [JSON.parse(image), services.worker?.healthcheck?.test, services.store?.healthcheck?.test]) {
        const [node = '', ...args] = (test as string[]).filter((word) => word !== 'CMD')
        expect(node).toBe('node')
        const here = args.map((arg) => arg.replace(/127\.0\.0\.1:(\d+)/, (_, port: 3000) => `127.0.0.1:${ports[port]}`))
        expect((await run(['node', ...here])).code, here.join(' ')).toBe(0)
        const nowhere = here.map((arg) => arg.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'))
        expect((await run(['node', ...nowhere])).code).toBe(1)
      }
    })
  })
}

type Pod = NonNullable<ReturnType<typeof readManifests>[number]['spec']>['template']

/** Probes of the only container, with the port that their name means. */
function probesOf(pod: NonNullable<Pod>['spec'] | undefined) {
  const [container] = pod?.containers ?? []
  const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]
  return probes.map((probe, i) => {
    const { path: asked = '', port: name = '' } = probe?.httpGet ?? {}
    const port = container?.ports?.find((one) => one.name === name)?.containerPort as 3000 | 3001
    return { name: `probe ${i}`, path: asked, port }
  })
}

/** What came so far. */
function textOf(source: IncomingMessage | WebSocket): { text: string } {
  const got = { text: '' }
  const take = (piece: Buffer) => {
    got.text += piece.toString()
  }
  if (source instanceof WebSocket) source.on('message', take)
  else source.on('data', take)
  source.on('error', (error: Error) => take(Buffer.from(`broke: ${error.message}`)))
  return got
}

/** Signs in in a browser, opens the job, and hears a line by the cookie's own WebSocket too. */
async function look(page: Page, system: System, id: string): Promise<void> {
  await page.goto(`${system.url}/jobs/${id}`)
  await signIn(page, system)
  const job = new JobPage(page)
  await expect(job.state).toHaveText('running')
  await expect(job.log).toContainText('before the gate')
  const heard = page.evaluate(
    async (jobId) =>
      await new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`wss://${location.host}/api/v1/jobs/${jobId}/logs/ws`)
        socket.onmessage = ({ data }) => String(data).includes('before the gate') && resolve(String(data))
        socket.onerror = () => reject(new Error('the WebSocket failed'))
      }),
    id,
  )
  expect(await heard).toContain('before the gate')
  const protocol = await page.evaluate(() =>
    performance.getEntriesByType('navigation').map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol),
  )
  expect(protocol).toEqual(['h2'])
}
