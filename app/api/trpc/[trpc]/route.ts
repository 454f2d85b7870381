import { web } from '../../../../server/compose'
import { handleTrpc } from '../../../../server/trpc/handle'

export const dynamic = 'force-dynamic'

const handle = (request: Request) => handleTrpc(web(), request)

export { handle as GET, handle as POST }
