import { getBundle } from '../../core/bundles/find-bundle'
import { type Kept, keepBundle } from '../../core/bundles/keep-bundle'
import { BUNDLE_LIMITS } from '../../core/bundles/limits'
import { discardStaged, stageBundle, tooLargeBundle } from '../../core/bundles/stage-bundle'
import { requireTo } from '../../core/context'
import { DomainError } from '../../core/errors'
import { json } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import { arrivingBody } from '../body'
import { doOnce, partsOf } from './once'
import type { Asked } from './route-table'

const TYPES = /^application\/(zip|x-zip-compressed|octet-stream)\s*(;|$)/i

/** Takes a zip as the raw body: 201 when it is new to the organisation, 200 when it has it already. */
export async function uploadBundle(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  requireTo(ctx, 'run')
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
  return json(await getBundle(ctx, params.sha256 ?? ''))
}
