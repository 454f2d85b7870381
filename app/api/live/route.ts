import { web } from '../../../server/compose'
import { handleLive } from '../../../server/sse/live'

export const dynamic = 'force-dynamic'

export const GET = (request: Request) => handleLive(web(), request)
