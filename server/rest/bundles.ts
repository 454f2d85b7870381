import { getBundle } from '../../core/bundles/find-bundle'
import { type Kept, keepBundle } from '../../core/bundles/keep-bundle'
import { BUNDLE_LIMITS } from '../../core/bundles/limits'
import { discardStaged, stageBundle, tooLargeBundle } from '../../core/bundles/stage-bundle'
import { requireTo } from '../../core/context'
import { DomainError, NotFound } from '../../core/errors'
import { json } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import { arrivingBody } from '../body'
import { doOnce, partsOf } from './once'
import { type Asked, refuseQuery } from './route-table'

const SHA256 = /^[0-9a-f]{64}$/
const TYPES = /^application\/(zip|x-zip-compressed|octet-stream)\s*(;|$)/i

/** Takes a zip as the raw body: 201 when it is new to the organisation, 200 when it has it already. */
export async function uploadBundle(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  requireTo(ctx, 'run')
  refuseQuery(request)
  if (!TYPES.test(request.headers.get('content-type') ?? '')) {
    throw new DomainError('unsupported', 'Send the zip as it is: Content-Type: application/zip.')
  }
  const body = arrivingBody(request, BUNDLE_LIMITS.zippedBytes, tooLargeBundle)
  const staged = await stageBundle(ctx, body)
  const work = async (via: RequestCtx) => {
    const answer = answerOf(await keepBundle(via, staged))
    return json(answer.body, answer.status, { location: answer.location })
  }
  const todo = { parts: partsOf(asked, staged.sha256), work, answerOf }
  return await doOnce(ctx, request, todo, () => discardStaged(ctx, staged))
}

function answerOf(kept: unknown) {
  const { isNew, ...body } = kept as Kept
  return { status: isNew ? 201 : 200, location: `/api/v1/bundles/${body.sha256}`, body }
}

/** What a client asks before it uploads (HEAD): 404 when its own organisation does not have it. */
export async function showBundle({ web, request, requestId, params }: Asked): Promise<Response> {
  const ctx = await enter(web, request, requestId)
  refuseQuery(request)
  const { sha256 = '' } = params
  if (!SHA256.test(sha256)) throw new NotFound('bundle', JSON.stringify(sha256))
  return json(await getBundle(ctx, sha256))
}
