import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { answer, logFailure } from '../answer'
import { enter } from '../auth/door'
import { readBody } from '../body'
import type { Web } from '../compose'
import { explain } from '../failure'
import { toTrpcError } from './init'
import { appRouter } from './router'

const ENDPOINT = '/api/trpc'

/** Answers tRPC calls below /api/trpc: the pages' own, and those of tools with a token. */
export async function handleTrpc(web: Web, request: Request): Promise<Response> {
  return await answer(web, request, async (requestId, named) => {
    named(`${ENDPOINT}/{procedure}`)
    const body = request.method === 'GET' ? null : await readBody(request)
    const { url, method, headers, signal } = request
    return await fetchRequestHandler({
      endpoint: ENDPOINT,
      router: appRouter,
      req: new Request(url, { method, headers, signal, ...(body && { body }) }),
      createContext: async () => {
        try {
          return await enter(web, request, requestId)
        } catch (error) {
          throw toTrpcError(error)
        }
      },
      onError: ({ error, path }) => logFailure(web.log, explain(error), error, { requestId, procedure: path }),
    })
  })
}
