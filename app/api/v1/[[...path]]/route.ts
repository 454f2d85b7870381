import { web } from '../../../../server/compose'
import { handleRest } from '../../../../server/rest/handle'

export const dynamic = 'force-dynamic'

const handle = (request: Request) => handleRest(web(), request)

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
}
