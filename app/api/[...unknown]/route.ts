import { json, requestIdOf } from '../../../server/answer'

export const dynamic = 'force-dynamic'

const handle = (request: Request) => {
  const message = `There is nothing at ${new URL(request.url).pathname}. The API is at /api/v1, its description at /api/v1/openapi.json.`
  return json({ code: 'not_found', message }, 404, { 'x-request-id': requestIdOf(request) })
}

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT }
