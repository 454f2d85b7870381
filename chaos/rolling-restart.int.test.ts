import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { LogLine } from '../core/logs/read-lines'
import { build } from '../embedded/build'
import { until } from '../embedded/process'
import { messages } from '../server/testing/sse'
import { audit } from './audit'
import { leftovers } from './leftovers'
import { type Backend, type ChaosSystem, startSystem } from './system'

const MINUTES_MS = 60_000
const STOP_MS = 10_000
const AT_A_TIME = 6

beforeAll(async () => void (await build()), 10 * MINUTES_MS)

test.each(process.env.STOUT_REDIS_SERVER ? (['pg', 'redis'] as const) : (['pg'] as const))(
  '%s: webs and workers are restarted in turn under load: each ends by itself in time, readers go on, no job notices',
  { timeout: 6 * MINUTES_MS },
  async (backend) => {
    await using running = await aSystem(backend)
    const { system, said } = running
    let rolling = true
    const jobs = submitWhile(system, () => rolling)
    for (const name of ['web-1', 'worker-1', 'web-2', 'worker-2']) {
      await underLoad(system)
      const pid = system.children.pid(name) ?? 0
      process.kill(pid, 'SIGTERM')
      const ended = await until(() => system.children.pid(name) !== pid, STOP_MS, 50)
      expect(ended, `${name} ends within ten seconds`).toBe(true)
      expect(await until(() => answers(system, name), MINUTES_MS, 100), `${name} is back`).toBe(true)
    }
    rolling = false
    expect(said.filter((line) => line.includes(' ended ')).map((line) => line.replace(/;.*/, ''))).toEqual(
      ['web-1', 'worker-1', 'web-2', 'worker-2'].map((name) => `${name} ended (exit code 0)`),
    )
    const logs = await jobs
    expect(await until(async () => (await leftovers(system, new Set())).length === 0, MINUTES_MS, 250)).toBe(true)
    const found = await audit(system, new Set())
    expect(found.problems).toEqual([])
    expect(found.byEnd).toEqual({ completed: logs.length })
    expect(found.starts).toBe(logs.length)
    for (const { jobId, lines } of logs) {
      expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1))
      const bytes = Buffer.concat(lines.map(bytesOf))
      expect(bytes.equals(readFileSync(path.join(system.truth, `${jobId}-1.out`))), `what ${jobId} printed`).toBe(true)
    }
  },
)

/** A system whose words are kept. */
async function aSystem(backend: Backend) {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-rolling-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(dir, { recursive: true, force: true }))
  const said: string[] = []
  const system = stack.use(await startSystem(dir, backend, (line) => said.push(line)))
  return { system, said, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

type Read = { jobId: string; lines: LogLine[] }

/** Keeps some jobs under way, each with a reader of its own. @returns what the readers got, once every job has ended */
async function submitWhile(system: ChaosSystem, goesOn: () => boolean): Promise<Read[]> {
  const script = readFileSync('chaos/script.py', 'utf8')
  const read: Read[] = []
  const oneAfterAnother = async () => {
    while (goesOn()) {
      const args = [system.truth, '60', '0.05', '300000', '0']
      const body = { name: 'rolling', script, args, labels: { chaos: 'plain' } }
      const { id } = (await system.api('POST', '/jobs', body)) as { id: string }
      read.push({ jobId: id, lines: await readLog(system, id) })
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, oneAfterAnother))
  return read
}

/** Reads a log as it grows, at either web process; goes on at the other where a stream breaks off. */
async function readLog({ ports, token }: ChaosSystem, jobId: string): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let lastEventId = ''
  for (let turn = 0; ; turn++) {
    const url = `http://127.0.0.1:${ports.web[turn % ports.web.length]}/api/v1/jobs/${jobId}/logs/stream`
    const headers = { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) }
    try {
      for await (const { id, event, data } of messages(await fetch(url, { headers }))) {
        if (event === 'end') return lines
        lines.push(...(data as LogLine[]))
        lastEventId = id
      }
    } catch {
      // that web process is away
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function bytesOf({ text, base64, partial }: LogLine): Buffer {
  const bytes = base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64')
  return partial ? bytes : Buffer.concat([bytes, Buffer.from('\n')])
}

/** Resolves while scripts run. */
async function underLoad({ db }: ChaosSystem): Promise<void> {
  const running = () => db.selectFrom('jobs').select('id').where('state', '=', 'running').execute()
  if (!(await until(async () => (await running()).length >= 2, MINUTES_MS, 50))) throw new Error('Nothing runs')
}

async function answers({ ports }: ChaosSystem, name: string): Promise<boolean> {
  const [kind = '', number] = name.split('-')
  const url =
    kind === 'web'
      ? `http://127.0.0.1:${ports.web[Number(number) - 1]}/api/v1/openapi.json`
      : `http://127.0.0.1:${ports.worker[Number(number) - 1]}/health`
  return await fetch(url).then(
    ({ status }) => status < 500,
    () => false,
  )
}
