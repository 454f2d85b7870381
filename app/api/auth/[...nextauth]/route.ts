import { handleAuth } from '../../../../server/auth/next-auth'
import { web } from '../../../../server/compose'

export const dynamic = 'force-dynamic'

type Context = { params: Promise<{ nextauth: string[] }> }

const handle = (request: Request, context: Context): Promise<Response> => handleAuth(web(), request, context)

export { handle as GET, handle as POST }
