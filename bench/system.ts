import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createParser } from 'eventsource-parser'
import { openStore, type Store } from '../core/store/store'
import { build } from '../embedded/build'
import type { DemoBoxAddress } from '../embedded/state'
import { StateFolder } from '../embedded/state'
import { Stout } from '../embedded/stout'
import { runDirectly } from './direct'
import { storeSettings } from './store-settings'

type Job = { id: string; state: string }
export type Kept = { path: string; state: string; createdAt: string; uploadedAt: string }
export type Line = { n: number; text: string; stream: string }
/** The whole product as `npm start` runs it, on ports and a state folder of its own. */
export type System = {
  box: DemoBoxAddress
  submit(body: Record<string, unknown>): Promise<Job>
  /** Follows a job's log over SSE; `onLines` gets each message as it arrives. Resolves at `end`. */
  follow(jobId: string, onLines: (lines: Line[]) => void): Promise<void>
  /** Lines of a job's log by REST. */
  log(jobId: string, from: number, limit: number): Promise<{ items: Line[]; lineCount: number }>
  /** The download of a job's log. */
  rawLog(jobId: string): AsyncIterable<string>
  /** Runs a script by a POST straight to the box's runtime; `onOutput` gets the bytes of its frames as they arrive. */
  direct(script: string, onOutput: (text: string) => void): Promise<void>
  job(jobId: string): Promise<Job & { attemptPhase?: string }>
  /** Resolves once the attempt of a job has closed. @throws Error unless it completed */
  completed(jobId: string): Promise<void>
  /** The files that a job made, at most 200. */
  artifacts(jobId: string): Promise<{ items: Kept[]; counts: { uploaded: number }; nextCursor: string | null }>
  artifactsAfter(jobId: string, cursor: string): Promise<{ items: Kept[]; nextCursor: string | null }>
  /** When its script ended. */
  exitedAt(jobId: string): Promise<number>
  /** The object store, for bare requests beside. */
  store: Store
  workerPid: number
  webPid: number
  databaseUrl: string
  /** Where people go, and how the first of them signs in. */
  url: string
  email: string
  password: string
  /** Where REST is, and what lets in. */
  api: string
  token: string
  /** Where WebSockets are: the worker. */
  workerPort: number
  /** Resolves once the box holds no lease: the next job meets an idle box. */
  idle(): Promise<void>
}

/**
 * Starts the system, waits for its boxes, runs `work`, and leaves nothing behind.
 * @param env for web and worker, beside what they always get; with DATABASE_URL, that database is taken
 */
export async function withSystem<T>(
  work: (system: System) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-'))
  const state = new StateFolder(dir)
  await state.hold()
  const say = (line: string) => console.error(line)
  const stout = new Stout({
    state,
    build: await build(),
    ports: { web: 0, worker: 0, postgres: 0, store: 0 },
    say,
    realBoxAddresses: false,
    env: { NODE_ENV: 'production', ...env },
  })
  try {
    await stout.start()
    const system = systemOf(stout)
    await system.idle()
    try {
      return await work(system)
    } finally {
      system.store.close()
    }
  } finally {
    await stout.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

function systemOf(stout: Stout): System {
  const { localUrl, settings, boxes } = stout
  const [box] = boxes
  if (!box) throw new Error('There is no demo box')
  const api = `${localUrl}/api/v1`
  const authorization = { authorization: `Bearer ${settings.apiToken}` }
  const json = async <T>(response: Response): Promise<T> => {
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const get = async <T>(where: string) => await json<T>(await fetch(`${api}${where}`, { headers: authorization }))
  return {
    box,
    async submit(body) {
      const headers = { ...authorization, 'content-type': 'application/json' }
      return await json<Job>(await fetch(`${api}/jobs`, { method: 'POST', headers, body: JSON.stringify(body) }))
    },
    job: async (jobId) => await get(`/jobs/${jobId}`),
    async completed(jobId) {
      for (;;) {
        const job = await get<{ state: string; attemptPhase: string; error: string | null }>(`/jobs/${jobId}`)
        if (job.attemptPhase === 'closed' && job.state === 'completed') return
        if (job.attemptPhase === 'closed') throw new Error(`The job is ${job.state}: ${job.error}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    artifacts: async (jobId) => await get(`/jobs/${jobId}/artifacts?limit=200`),
    artifactsAfter: async (jobId, cursor) =>
      await get(`/jobs/${jobId}/artifacts?limit=200&cursor=${encodeURIComponent(cursor)}`),
    async exitedAt(jobId) {
      const { items } = await get<{ items: { type: string; at: string }[] }>(`/jobs/${jobId}/events`)
      return Date.parse(items.find(({ type }) => type === 'exit')?.at ?? '')
    },
    store: openStore(storeSettings(stout.storeEnv)),
    workerPid: stout.pidOf('worker') ?? 0,
    webPid: stout.pidOf('web') ?? 0,
    databaseUrl: stout.databaseUrl,
    url: stout.url,
    email: settings.email,
    password: settings.password,
    api,
    token: settings.apiToken,
    workerPort: settings.workerPort,
    async follow(jobId, onLines) {
      const response = await fetch(`${api}/jobs/${jobId}/logs/stream`, { headers: authorization })
      let ended = false
      const parser = createParser({
        onEvent: ({ event, data }) => {
          if (event === 'end') ended = true
          else onLines(JSON.parse(data) as Line[])
        },
      })
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        parser.feed(decoder.decode(chunk, { stream: true }))
        if (ended) break
      }
    },
    log: async (jobId, from, limit) => await get(`/jobs/${jobId}/logs?from=${from}&limit=${limit}`),
    async *rawLog(jobId) {
      const response = await fetch(`${api}/jobs/${jobId}/logs/raw`, { headers: authorization })
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) yield decoder.decode(chunk, { stream: true })
    },
    direct: (script, onOutput) => runDirectly(box, script, onOutput),
    async idle() {
      for (;;) {
        const { items } = await get<{ items: { name: string; status: string; lease: unknown }[] }>('/boxes')
        const mine = items.find((item) => item.name === box.name)
        if (mine?.status === 'online' && !mine.lease) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  }
}
