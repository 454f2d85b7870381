import { unseal } from '../../core/access/keys'
import { type Claimed, claimAttempt } from '../../core/attempts/claim-attempt'
import { controlState, getAttempt } from '../../core/attempts/control'
import { finishAttempt } from '../../core/attempts/finish-attempt'
import { noteControl } from '../../core/attempts/note-control'
import { recordExit } from '../../core/attempts/record-exit'
import { recordPhase } from '../../core/attempts/record-phase'
import { type AttemptRef, isClaimToken, mintRunToken } from '../../core/attempts/tokens'
import { DomainError } from '../../core/errors'
import { readBatch } from '../../core/logs/records'
import { presignGet } from '../../core/store/presign'
import type { Store } from '../../core/store/store'
import type { Box } from '../../db/schema'
import { lockUser } from '../dispatch'
import { ARTIFACT_ROUTES } from './artifact-routes'
import { readBody, readMessage } from './body'
import { type BoxApiDeps, type Route, requireRunToken, wrongToken } from './call'
import { streamControl } from './control-stream'
import { claimMessage, doneMessage, exitMessage, heardMessage, phaseMessage } from './messages'

/** A batch holds 1 MB of records, or one larger record alone: a line piece of 64 KiB or an output-channel record. */
const MAX_BATCH_BYTES = 8_000_000
const HEARTBEATS_A_TTL = 4
/** A bundle's URL. A supervisor that comes later claims again and gets a fresh one. */
const BUNDLE_SECONDS = 3_600

/** The verbs of docs/box-api.md, by method and last part of the path. */
export const ROUTES: Record<string, Route> = {
  'POST claim': async (deps, { ref, request, token }) => {
    if (!isClaimToken(deps.keys, ref, token)) throw wrongToken()
    const { nonce, identity } = await readMessage(request, claimMessage)
    const claimed = await claimAttempt(deps.db, deps.keys, ref, nonce, identity)
    deps.nonces.remember(ref, nonce)
    deps.metrics.claimed(claimed.attempt)
    return await claimAnswer(deps, ref, nonce, claimed)
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
    deps.metrics.controlStreams.inc()
    call.response.on('close', () => deps.metrics.controlStreams.dec())
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
  ...ARTIFACT_ROUTES,
}

async function claimAnswer(deps: BoxApiDeps, ref: AttemptRef, nonce: string, claimed: Claimed) {
  const { now, job, attempt, box, secrets } = claimed
  const control = controlState(attempt, now)
  return {
    now,
    runToken: mintRunToken(deps.keys, ref, nonce, now),
    ...(await filesOf(deps.store, claimed)),
    artifacts: { globs: job.artifactGlobs, lagerOutput: job.lagerOutput, ...deps.artifactLimits },
    args: job.args,
    env: job.env,
    secrets,
    graceSeconds: job.graceSeconds,
    timeoutSeconds: job.timeoutSeconds,
    remainingSeconds: control.remainingSeconds,
    noOutputTimeoutSeconds: job.noOutputTimeoutSeconds,
    spoolBytes: deps.spoolBytes,
    control,
    lock: attempt.boxLocked ? heldLock(deps, ref, box) : null,
  }
}

/** What is run: a script, or a bundle with its entry. A large bundle comes by a URL, signed after the claim has committed. */
async function filesOf(store: Store, { job, bundle }: Claimed) {
  const { kind, sha256, sizeBytes, inline, objectKey } = bundle
  if (kind === 'script') return { script: { name: 'main.py', sha256, base64: inline?.toString('base64') } }
  const where = inline
    ? { base64: inline.toString('base64') }
    : { url: await presignGet(store, objectKey ?? '', {}, BUNDLE_SECONDS) }
  return { bundle: { kind, sha256, sizeBytes, ...where }, entry: job.entry, cacheKey: job.orgId }
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
