import { METRICS_REFUSAL, mayReadMetrics } from '../core/access/metrics-door'
import { DomainError } from '../core/errors'
import { answer } from './answer'
import type { Web } from './compose'
import { FORWARDED, PEER } from './metrics'

/** GET /metrics, in the text format of Prometheus. */
export async function handleMetrics(web: Web, request: Request): Promise<Response> {
  return await answer(web, request, async (_, named) => {
    named('/metrics')
    const peer = request.headers.get(PEER) ?? FORWARDED
    const asked = { authorization: request.headers.get('authorization'), peer, forwarded: peer === FORWARDED }
    if (!mayReadMetrics(web.env.STOUT_METRICS_TOKEN, asked)) throw new DomainError('forbidden', METRICS_REFUSAL)
    const { register } = web.metrics
    return new Response(await register.metrics(), {
      headers: { 'content-type': register.contentType, 'cache-control': 'no-store' },
    })
  })
}
