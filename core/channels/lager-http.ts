import type { Refusal } from '../attempts/return-job'
import type { BoxLock, Channel, Launch, Launched } from './channel'
import { readRun } from './frames'
import { type LagerAddress, type LagerCall, lagerCall, neverArrived, reasonOf } from './lager-call'
import { DENIED, deniesUs, lagerProbe } from './lager-probe'
import { reapBy } from './reap'
import type { RunForm } from './run-form'
import type { Shipped } from './shipped'

const LOCK_MS = 5_000
/** Longer than the 69 s for which a runtime holds a start back while it reaps another run. */
const RUN_MS = 90_000
const HOLDER_TYPE = 'stout'

/** The channel to a stock Lager runtime, or to ours: it dials the box (see docs/box-api.md, "What travels to the box"). */
export function lagerHttp(address: LagerAddress, shipped: Shipped): Channel {
  const call = lagerCall(address)
  return {
    ...lagerProbe(call, shipped.ca),
    async start(launch) {
      const locked = await takeLock(call, launch.lock)
      if (locked) return { kind: 'refused', why: locked }
      const file = { field: 'module', name: 'module.zip', bytes: shipped.zipFor(launch) } as const
      const fields: RunForm['fields'] = [
        ['env', `LAGER_PROCESS_ID=${launch.processId}`],
        ['env', `STOUT_LAUNCH=${launch.jobId}/${launch.attempt}`],
        ['timeout', '60'],
      ]
      return await launchBy(call, { file, fields }, launch)
    },
    reap: (order) => reapBy(call, order, shipped.reapZipFor(order)),
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

async function launchBy(call: LagerCall, form: RunForm, launch: Launch): Promise<Launched> {
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

function saidIn(text: string): { lock?: { user?: string }; error?: string } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
