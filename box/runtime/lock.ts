import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

/** The box's advisory lock as it stands in its file and in answers. Times are UTC in whole seconds. */
export type Lock = {
  locked: true
  user: unknown
  holder_type: string
  locked_at: string
  last_heartbeat: string
  /** From the last heartbeat; null never ends. */
  ttl_seconds: number | null
}

/** Status and JSON body of an answer. */
export type JsonReply = { status: number; body: object }
type Request = Record<string, unknown>

const DEFAULT_TTL_SECONDS = 1800

function instant(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** What Python takes for false. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

function normalizeTtl(value: unknown): number | null {
  if (value === null) return null
  if (typeof value === 'string' && ['null', 'none', ''].includes(value.toLowerCase())) return null
  const isNumber = typeof value === 'number' || typeof value === 'boolean'
  const isNumeric = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
  return isNumber || isNumeric ? Math.max(1, Math.trunc(Number(value))) : DEFAULT_TTL_SECONDS
}

/** Who holds the box and for how long, from the fields that were sent; one that is absent is not the same as null. */
export function holding(request: Request): Pick<Lock, 'holder_type' | 'ttl_seconds'> {
  if (!('holder_type' in request) && !('ttl_seconds' in request)) return { holder_type: 'user', ttl_seconds: null }
  const given = request.holder_type
  const holder_type = typeof given === 'string' && given !== '' ? given : 'ephemeral'
  const absent = holder_type === 'user' ? null : DEFAULT_TTL_SECONDS
  return { holder_type, ttl_seconds: 'ttl_seconds' in request ? normalizeTtl(request.ttl_seconds) : absent }
}

/** Whether the lock has run out at `now`. */
export function isExpired(lock: Lock, now: Date): boolean {
  if (lock.ttl_seconds === null) return false
  return now.getTime() - Date.parse(lock.last_heartbeat) > lock.ttl_seconds * 1000
}

/**
 * The box's advisory lock, in one file that both ports share. POST /python does not look at it. A lock that ran out
 * vanishes when somebody next asks.
 */
export class LockFile {
  constructor(
    private readonly path: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  private read(): Lock | undefined {
    let lock: Lock
    try {
      lock = JSON.parse(readFileSync(this.path, 'utf8')) as Lock
    } catch {
      return undefined
    }
    if (typeof lock !== 'object' || lock?.locked !== true) return undefined
    if (!isExpired(lock, this.now())) return lock
    rmSync(this.path, { force: true })
    return undefined
  }

  private write(lock: Lock): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(lock, null, 2), { mode: 0o600 })
    renameSync(`${this.path}.new`, this.path)
  }

  private heldBy(lock: Lock, status: number): JsonReply {
    return { status, body: { error: `Box is locked by ${String(lock.user)}`, lock } }
  }

  /** GET /lock */
  status(): JsonReply {
    return { status: 200, body: this.read() ?? { locked: false } }
  }

  /** POST /lock: takes the lock, or refreshes one's own. A reservation keeps its type and duration through a refresh. */
  acquire(request: Request): JsonReply {
    const { user } = request
    if (isEmpty(user)) return { status: 400, body: { error: 'user is required' } }
    const existing = this.read()
    if (existing && !isDeepStrictEqual(existing.user, user)) return this.heldBy(existing, 409)
    const now = instant(this.now())
    const fresh: Lock = { locked: true, user, locked_at: now, last_heartbeat: now, ...holding(request) }
    const rewritten = !existing || ['ephemeral', 'ci'].includes(existing.holder_type)
    const lock: Lock = existing ? { ...existing, last_heartbeat: now, ...(rewritten ? holding(request) : {}) } : fresh
    this.write(lock)
    return { status: 200, body: { ...lock, previous_user: existing?.user ?? null } }
  }

  /** POST /lock/heartbeat: counts the time to live anew. */
  heartbeat({ user }: Request): JsonReply {
    if (isEmpty(user)) return { status: 400, body: { error: 'user is required' } }
    const existing = this.read()
    if (!existing) return { status: 404, body: { error: 'Box is not locked' } }
    if (!isDeepStrictEqual(existing.user, user)) return this.heldBy(existing, 403)
    const lock = { ...existing, last_heartbeat: instant(this.now()) }
    this.write(lock)
    return { status: 200, body: lock }
  }

  /** POST /unlock */
  release({ user, force }: Request): JsonReply {
    if (isEmpty(user)) return { status: 400, body: { error: 'user is required' } }
    const existing = this.read()
    if (!existing) return { status: 200, body: { locked: false, message: 'Box is already unlocked' } }
    if (!isDeepStrictEqual(existing.user, user) && isEmpty(force)) return this.heldBy(existing, 403)
    rmSync(this.path, { force: true })
    return { status: 200, body: { locked: false, message: 'Box unlocked' } }
  }
}
