import { randomBytes } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerHeaders, type Origins, PART_POLICY, pagePolicy } from '../core/answer-headers'

const CSP = 'content-security-policy'

/**
 * Puts the headers of `answerHeaders` on every answer of this process, from below Next: no page, part or route of it can be
 * without them, and the addresses in them are those of the environment, not of the build. A page gets a policy with a nonce of its own; Next
 * reads it from the request and gives the nonce to the scripts that it writes. Whatever a sender puts there is overwritten.
 */
export function secureAnswers({ publicUrl, storeOrigin }: Origins): void {
  const always = new Map(Object.entries(answerHeaders(publicUrl)))
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    response.setHeaders(always)
    delete request.headers[CSP]
    delete request.headers[`${CSP}-report-only`]
    const path = request.url ?? '/'
    if (path.startsWith('/_next/')) response.setHeader(CSP, PART_POLICY)
    else if (!/^\/(api|metrics)([/?]|$)/.test(path)) {
      const policy = pagePolicy({ storeOrigin }, randomBytes(16).toString('base64'))
      request.headers[CSP] = policy
      response.setHeader(CSP, policy)
    }
  })
}
