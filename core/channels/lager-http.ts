import type { Refusal } from '../attempts/return-job'
import type { BoxLock, Channel, Launch, Launched, ReapVerdict } from './channel'
import { readRun } from './frames'
import { type LagerAddress, type LagerCall, lagerCall, neverArrived, reasonOf } from './lager-call'
import { DENIED, deniesUs, lagerProbe } from './lager-probe'
import type { Shipped } from './shipped'

const LOCK_MS = 5_000
/** Longer than the 69 s for which a runtime holds a start back while it reaps another run. */
const RUN_MS = 90_000
const HOLDER_TYPE = 'stout'

/** The channel to a stock Lager runtime, or to ours: it dials the box (see docs/box-api.md, "What travels to the box"). */
export function lagerHttp(address: LagerAddress, shipped: Shipped): Channel {
  const call = lagerCall(address)
  return {
    ...lagerProbe(call),
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
      await call.ask('POST', '/unlock', LOCK_MS, { user }).catch(() => undefined) // its TTL ends it otherwise
    },
  }
}

/** Takes or refreshes the box's own lock. Returns why it can't be had. */
async function takeLock(call: LagerCall, { user, ttlSeconds }: BoxLock): Promise<Refusal | undefined> {
  try {
    const request = { user, holder_type: HOLDER_TYPE, ttl_seconds: ttlSeconds }
    const answer = await call.ask('POST', '/lock', LOCK_MS, request)
    if (answer.ok) return undefined
    if (deniesUs(answer.status)) return DENIED
    const told = saidIn(answer.text)
    if (answer.status === 409) return { kind: 'locked', holder: String(told.lock?.user ?? 'somebody') }
    return { kind: 'incompatible', detail: `POST /lock answered ${answer.status}: ${told.error ?? ''}` }
  } catch (error) {
    return { kind: 'unreachable', detail: reasonOf(error) }
  }
}

async function launchBy(call: LagerCall, form: FormData, launch: Launch): Promise<Launched> {
  try {
    const { status, text, frames } = await call.run(form, RUN_MS)
    if (deniesUs(status)) return { kind: 'refused', why: DENIED }
    if (status >= 500) return { kind: 'unknown', detail: `POST /python answered ${status}` }
    if (status !== 200) return refused('incompatible', `POST /python answered ${status}: ${text}`)
    const { exitCode, stdout } = await readRun(frames)
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

async function reapBy(call: LagerCall, form: FormData): Promise<ReapVerdict> {
  try {
    const { status, frames } = await call.run(form, RUN_MS)
    if (status !== 200) return { kind: 'unreachable', detail: `POST /python answered ${status}` }
    const { exitCode, stdout } = await readRun(frames)
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

function saidIn(text: string): { lock?: { user?: string }; error?: string } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
