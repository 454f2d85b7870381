import { createHash } from 'node:crypto'
import { mac } from '../../core/access/keys'
import { DomainError } from '../../core/errors'
import { type Answer, type Asked, findAnswer, keepAnswer, MadeMeanwhile, takeKey } from '../../core/idempotency/once'
import { json } from '../answer'
import type { RequestCtx } from '../auth/door'
import type { Asked as RestAsked } from './route-table'

const HEADER = 'Idempotency-Key'

/** What is to happen once. */
export type ToDo = {
  /** What tells this request from another: operation, path, hash of the body. */
  parts: readonly string[]
  /** Makes the thing, by a verb whose transaction goes through core's `once`. */
  work: (ctx: RequestCtx) => Promise<Response>
  /** How that is answered which the verb keeps. */
  answerOf: (made: unknown) => Answer
}

/**
 * Does what a request asks for, once for its Idempotency-Key: whoever repeats the request is answered as the first time. Only what
 * was made is remembered; after an error the key can be used again. Without the header it is simply done.
 * @param unused lets go of what was prepared for `work`, when that is not called
 * @throws DomainError `conflict` when the key was used for another request; `bad_request` for what is no key
 */
export async function doOnce(
  ctx: RequestCtx,
  request: Request,
  { parts, work, answerOf }: ToDo,
  unused = async () => {},
): Promise<Response> {
  const key = request.headers.get(HEADER)
  if (key === null) return await work(ctx)
  const asked: Asked = { key, fingerprint: mac(ctx.keys.fingerprint, ...parts) }
  const before = await answerBefore(ctx, asked).catch(async (error: unknown) => {
    await unused()
    throw error
  })
  if (before) {
    await unused()
    return replay(before)
  }
  const once: RequestCtx['once'] = {
    take: (tx) => takeKey(tx, ctx, asked),
    keep: (tx, made) => keepAnswer(tx, ctx, asked, answerOf(made)),
  }
  try {
    return await work({ ...ctx, once })
  } catch (error) {
    const meanwhile = isMeanwhile(error) ? await findAnswer(ctx, asked) : undefined
    if (!meanwhile) throw error
    return replay(meanwhile)
  }
}

/** What tells a request from others, whatever its key: operation, path and body. */
export function partsOf({ request }: Pick<RestAsked, 'request'>, ...body: string[]): string[] {
  return [request.method, new URL(request.url).pathname, ...body]
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function answerBefore(ctx: RequestCtx, asked: Asked): Promise<Answer | undefined> {
  if (/^[\x21-\x7e]{1,255}$/.test(asked.key)) return await findAnswer(ctx, asked)
  const message = 'must be 1 to 255 visible ASCII characters without spaces'
  throw new DomainError('bad_request', `${HEADER}: ${message}`, {}, [{ path: HEADER, message }])
}

/** Also where tRPC has wrapped it. */
function isMeanwhile(error: unknown): boolean {
  return error instanceof MadeMeanwhile || (error instanceof Error && isMeanwhile(error.cause))
}

function replay({ status, location, etag, body }: Answer): Response {
  return json(body, status, { location, ...(etag && { etag }), 'idempotency-replayed': 'true' })
}
