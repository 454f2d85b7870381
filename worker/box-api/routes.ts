import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Keys, unseal } from '../../core/access/keys'
import { type Claimed, claimAttempt } from '../../core/attempts/claim-attempt'
import { controlState, getAttempt } from '../../core/attempts/control'
import { finishAttempt } from '../../core/attempts/finish-attempt'
import { noteControl } from '../../core/attempts/note-control'
import { recordExit } from '../../core/attempts/record-exit'
import { recordPhase } from '../../core/attempts/record-phase'
import { type AttemptRef, isClaimToken, isRunToken, mintRunToken } from '../../core/attempts/tokens'
import { DomainError } from '../../core/errors'
import type { LiveBus } from '../../core/live/bus'
import { readBatch } from '../../core/logs/records'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import type { Box } from '../../db/schema'
import { lockUser } from '../dispatch'
import { readBody, readMessage } from './body'
import { streamControl } from './control-stream'
import type { LogWriter } from './log-writer'
import { claimMessage, doneMessage, exitMessage, heardMessage, phaseMessage } from './messages'
import type { Nonces } from './nonces'

export type BoxApiDeps = {
  db: Db
  bus: LiveBus
  store: Store
  keys: Keys
  nonces: Nonces
  logWriter: LogWriter
  installation: string
  spoolBytes: number
  lockTtlSeconds: number
}
/** Answers a request: a JSON value, or `streaming` when it has taken the response over. */
export type Route = (deps: BoxApiDeps, call: Call) => Promise<object | 'streaming'>
export type Call = { ref: AttemptRef; request: IncomingMessage; response: ServerResponse; url: URL; token: string }

/** A batch holds 1 MB of records, or one larger record alone: a line piece of 64 KiB or an output-channel record. */
const MAX_BATCH_BYTES = 8_000_000
const HEARTBEATS_A_TTL = 4

/** The verbs of docs/box-api.md, by method and last part of the path. */
export const ROUTES: Record<string, Route> = {
  'POST claim': async (deps, { ref, request, token }) => {
    if (!isClaimToken(deps.keys, ref, token)) throw wrongToken()
    const { nonce, identity } = await readMessage(request, claimMessage)
    return claimAnswer(deps, ref, nonce, await claimAttempt(deps.db, ref, nonce, identity))
  },
  'POST log': async (deps, call) => {
    await requireRunToken(deps, call)
    const batch = readBatch(await readBody(call.request, MAX_BATCH_BYTES))
    const { acked } = await deps.logWriter.append(call.ref, batch)
    return { acked, now: new Date() }
  },
  'GET control': async (deps, call) => {
    await requireRunToken(deps, call)
    const attempt = await getAttempt(deps.db, call.ref)
    if (attempt?.phase === 'closed') throw new DomainError('gone', 'The attempt is closed.')
    streamControl(deps, call.ref, Number(call.url.searchParams.get('known') ?? 0), call.response)
    return 'streaming'
  },
  'POST phase': async (deps, call) => {
    await requireRunToken(deps, call)
    await recordPhase(deps.db, call.ref, await readMessage(call.request, phaseMessage))
    return {}
  },
  'POST heard': async (deps, call) => {
    await requireRunToken(deps, call)
    const { version } = await readMessage(call.request, heardMessage)
    await noteControl(deps.db, call.ref, version)
    return {}
  },
  'POST exit': async (deps, call) => {
    await requireRunToken(deps, call)
    await recordExit(deps.db, call.ref, await readMessage(call.request, exitMessage))
    return {}
  },
  'POST done': async (deps, call) => {
    await requireRunToken(deps, call)
    const { lastN, leftovers } = await readMessage(call.request, doneMessage)
    await finishAttempt(deps.db, call.ref, lastN, leftovers)
    return {}
  },
}

const wrongToken = () => new DomainError('unauthenticated', 'This token is not for this attempt.')

/** @throws DomainError unless the token is the run token of the attempt's claimed nonce; whether it is open, the verb asks */
async function requireRunToken({ nonces, keys }: BoxApiDeps, { ref, token }: Call): Promise<void> {
  const nonce = await nonces.of(ref)
  if (nonce === null || !isRunToken(keys, ref, nonce, token, new Date())) throw wrongToken()
}

function claimAnswer(deps: BoxApiDeps, ref: AttemptRef, nonce: string, { now, job, attempt, box, script }: Claimed) {
  const control = controlState(attempt, now)
  return {
    now,
    runToken: mintRunToken(deps.keys, ref, nonce, now),
    script: {
      name: 'main.py',
      sha256: createHash('sha256').update(script).digest('hex'),
      base64: script.toString('base64'),
    },
    args: job.args,
    env: job.env,
    graceSeconds: job.graceSeconds,
    timeoutSeconds: job.timeoutSeconds,
    remainingSeconds: control.remainingSeconds,
    noOutputTimeoutSeconds: job.noOutputTimeoutSeconds,
    spoolBytes: deps.spoolBytes,
    control,
    lock: attempt.boxLocked ? heldLock(deps, ref, box) : null,
  }
}

function heldLock(
  { keys, installation, lockTtlSeconds }: BoxApiDeps,
  ref: AttemptRef,
  { host, pythonPort, tokenSealed }: Box,
) {
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${pythonPort}`,
    token: tokenSealed === null ? null : unseal(keys, tokenSealed),
    user: lockUser(installation, ref),
    ttlSeconds: lockTtlSeconds,
    heartbeatSeconds: lockTtlSeconds / HEARTBEATS_A_TTL,
  }
}
