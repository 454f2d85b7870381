import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Keys } from '../../core/access/keys'
import type { ArtifactLimits } from '../../core/artifacts/limits'
import { type AttemptRef, isRunToken } from '../../core/attempts/tokens'
import { DomainError } from '../../core/errors'
import type { LiveBus } from '../../core/live/bus'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import type { Metrics } from '../metrics'
import type { ArtifactWakes } from './artifact-wakes'
import type { LogWriter } from './log-writer'
import type { Nonces } from './nonces'

export type BoxApiDeps = {
  db: Db
  bus: LiveBus
  store: Store
  keys: Keys
  nonces: Nonces
  logWriter: LogWriter
  artifactLimits: ArtifactLimits
  artifactWakes: ArtifactWakes
  metrics: Metrics
  /** Who may read /metrics; processes of this machine when there is none. */
  metricsToken: string | undefined
  installation: string
  /** Of every answer: see core/answer-headers.ts. */
  answerHeaders: Map<string, string>
  spoolBytes: number
  lockTtlSeconds: number
}
/** Answers a request: a JSON value, or `streaming` when it has taken the response over. */
export type Route = (deps: BoxApiDeps, call: Call) => Promise<object | 'streaming'>
export type Call = { ref: AttemptRef; request: IncomingMessage; response: ServerResponse; url: URL; token: string }

export const wrongToken = () => new DomainError('unauthenticated', 'This token is not for this attempt.')

/** @throws DomainError unless the token is the run token of the attempt's claimed nonce; whether it is open, the verb asks */
export async function requireRunToken({ nonces, keys }: BoxApiDeps, { ref, token }: Call): Promise<void> {
  const nonce = await nonces.of(ref)
  if (nonce === null || !isRunToken(keys, ref, nonce, token, new Date())) throw wrongToken()
}
