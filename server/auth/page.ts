import { headers } from 'next/headers'
import { requestIdOf } from '../answer'
import { web } from '../compose'
import { bySession, type RequestCtx } from './door'

/** Who looks at a page; undefined when nobody is signed in. For server components. */
export async function pageCaller(): Promise<RequestCtx | undefined> {
  const all = await headers()
  const requestId = requestIdOf(
    new Request('http://page.invalid', { headers: { 'x-request-id': all.get('x-request-id') ?? '' } }),
  )
  return await bySession(web(), all.get('cookie'), requestId)
}
