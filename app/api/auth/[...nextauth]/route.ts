import NextAuth from 'next-auth'
import { authOptions } from '../../../../server/auth/next-auth'
import { web } from '../../../../server/compose'

export const dynamic = 'force-dynamic'

type Context = { params: Promise<{ nextauth: string[] }> }

const handle = (request: Request, context: Context): Promise<Response> =>
  NextAuth(authOptions(web()))(request, context) as Promise<Response>

export { handle as GET, handle as POST }
