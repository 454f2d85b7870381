import { web } from '../../server/compose'
import { handleMetrics } from '../../server/metrics-route'

export const dynamic = 'force-dynamic'

export const GET = (request: Request) => handleMetrics(web(), request)
