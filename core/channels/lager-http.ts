import type { Refusal } from '../attempts/return-job'
import type { BoxFacts, BoxLock, Channel, Launch, Launched, ReapVerdict } from './channel'
import { readRun } from './frames'
import type { Shipped } from './shipped'

export type LagerAddress = { host: string; pythonPort: number; token: string | null }

const PROBE_MS = 4_000
const LOCK_MS = 5_000
/** Longer than the 69 s for which a runtime holds a start back while it reaps another run. */
const RUN_MS = 90_000
const HOLDER_TYPE = 'stout'

/** The channel to a stock Lager runtime, or to ours: it dials the box (see docs/box-api.md, "What travels to the box"). */
export function lagerHttp(address: LagerAddress, shipped: Shipped): Channel {
  const call = caller(address)
  return {
    async start(launch) {
      const locked = await takeLock(call, launch.lock)
      if (locked) return { kind: 'refused', why: locked }
      const form = new FormData()
      form.append('module', new Blob([shipped.zipFor(launch)]), 'module.zip')
      form.append('env', `LAGER_PROCESS_ID=${launch.processId}`)
      form.append('env', `STOUT_LAUNCH=${launch.jobId}/${launch.attempt}`)
      form.append('timeout', '60')
      return await launchBy(call, form, launch)
    },
    async reap({ jobId, attempt, processId, installation }) {
      const form = new FormData()
      form.append('script', new Blob([shipped.reapScript]), 'reap.py')
      form.append('args', JSON.stringify({ jobId, attempt, processId, installation, alone: true }))
      form.append('env', `LAGER_PROCESS_ID=${crypto.randomUUID()}`)
      form.append('env', `STOUT_REAP=${jobId}/${attempt}`)
      form.append('timeout', '60')
      return await reapBy(call, form)
    },
    async unlock(user) {
      await call('POST', '/unlock', LOCK_MS, { user }).catch(() => undefined) // its TTL ends it otherwise
    },
    async probe() {
      try {
        return await askStatus(call)
      } catch (error) {
        return { kind: 'unreachable', detail: reasonOf(error) }
      }
    },
  }
}

type Call = (method: 'GET' | 'POST', path: string, limitMs: number, body?: FormData | object) => Promise<Response>

function caller({ host, pythonPort, token }: LagerAddress): Call {
  return async (method, path, limitMs, body) => {
    const headers = new Headers(token === null ? {} : { authorization: `Bearer ${token}` })
    const form = body instanceof FormData
    if (body && !form) headers.set('content-type', 'application/json')
    return await fetch(`http://${host}:${pythonPort}${path}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(limitMs),
      ...(body && { body: form ? body : JSON.stringify(body) }),
    })
  }
}

/** Takes or refreshes the box's own lock. Returns why it can't be had. */
async function takeLock(call: Call, { user, ttlSeconds }: BoxLock): Promise<Refusal | undefined> {
  try {
    const answer = await call('POST', '/lock', LOCK_MS, { user, holder_type: HOLDER_TYPE, ttl_seconds: ttlSeconds })
    if (answer.ok) return undefined
    if (answer.status === 401) return { kind: 'unauthorised', detail: 'the box does not accept its token' }
    const told = (await answer.json().catch(() => ({}))) as { lock?: { user?: string }; error?: string }
    if (answer.status === 409) return { kind: 'locked', holder: String(told.lock?.user ?? 'somebody') }
    return { kind: 'incompatible', detail: `POST /lock answered ${answer.status}: ${told.error ?? ''}` }
  } catch (error) {
    return { kind: 'unreachable', detail: reasonOf(error) }
  }
}

async function launchBy(call: Call, form: FormData, launch: Launch): Promise<Launched> {
  try {
    const answer = await call('POST', '/python', RUN_MS, form)
    if (answer.status === 401) return refused('unauthorised', 'the box does not accept its token')
    if (answer.status >= 500) return { kind: 'unknown', detail: `POST /python answered ${answer.status}` }
    if (!answer.ok || !answer.body)
      return refused('incompatible', `POST /python answered ${answer.status}: ${await answer.text()}`)
    const { exitCode, stdout } = await readRun(answer.body)
    if (exitCode === 0) return { kind: 'launched' }
    if (exitCode === undefined) return { kind: 'unknown', detail: 'the answer broke off before the exit frame' }
    return refused('incompatible', `the launcher of ${launch.jobId} exited with ${exitCode}: ${stdout.trim()}`)
  } catch (error) {
    return neverArrived(error) ? refused('unreachable', reasonOf(error)) : { kind: 'unknown', detail: reasonOf(error) }
  }
}

const refused = (kind: Exclude<Refusal['kind'], 'locked'>, detail: string): Launched => ({
  kind: 'refused',
  why: { kind, detail: detail.slice(0, 1_000) },
})

async function reapBy(call: Call, form: FormData): Promise<ReapVerdict> {
  try {
    const answer = await call('POST', '/python', RUN_MS, form)
    if (!answer.ok || !answer.body) return { kind: 'unreachable', detail: `POST /python answered ${answer.status}` }
    const { exitCode, stdout } = await readRun(answer.body)
    const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      supervisor: string
      ended?: number
      quiet?: boolean
    }
    if (exitCode !== 0) return { kind: 'unreachable', detail: `the reap exited with ${exitCode}` }
    if (told.supervisor === 'alive') return { kind: 'alive', detail: 'the supervisor runs' }
    const detail = `the supervisor is gone; ${told.ended ?? 0} leftover processes were ended`
    return { kind: told.quiet ? 'quiet' : 'busy', detail }
  } catch (error) {
    return { kind: 'unreachable', detail: reasonOf(error) }
  }
}

async function askStatus(call: Call): Promise<BoxFacts | Refusal> {
  const [status, lock] = await Promise.all([call('GET', '/status', PROBE_MS), call('GET', '/lock', PROBE_MS)])
  if (status.status === 401 || lock.status === 401)
    return { kind: 'unauthorised', detail: 'the box does not accept its token' }
  if (!status.ok || !lock.ok)
    return { kind: 'incompatible', detail: `GET /status answered ${status.status}, GET /lock ${lock.status}` }
  const facts = (await status.json()) as { version?: unknown; nets?: { name?: unknown; type?: unknown }[] }
  const held = (await lock.json()) as { locked?: boolean; user?: unknown }
  return {
    version: String(facts.version ?? 'unknown'),
    nets: (facts.nets ?? []).map((net) => ({ name: String(net.name), type: String(net.type) })),
    lockHolder: held.locked ? String(held.user) : null,
  }
}

/** True if the request can't have reached the box: nobody listened, or the address leads nowhere. */
function neverArrived(error: unknown): boolean {
  const code = (error as { cause?: { code?: string } }).cause?.code ?? ''
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code,
  )
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}
