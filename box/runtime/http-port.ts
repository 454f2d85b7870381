import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BoxContext } from './context'
import { download } from './downloads'
import type { JsonReply } from './lock'
import { readNets, readNetTypes, readVersion } from './nets'
import { readBody, replyCompact } from './replies'
import type { Handler } from './server'

const SERVICE = { status: 'healthy', service: 'lager-python-box', version: '1.0.0', websocket: 'enabled' }

/** Nothing of this kind is on a box without a Lager installation; clients ask before they use one. */
const CAPABILITIES = {
  netCommand: false,
  netCommandRoles: [],
  bleCommand: false,
  wifiCommand: false,
  blufiCommand: false,
  customDevices: false,
  binaries: false,
  safetyLimits: false,
}

/** An error in the shape of this port. */
export function replyHttpError(res: ServerResponse, status: number, message: unknown): void {
  replyCompact(res, status, { error: message })
}

async function answerLock(
  req: IncomingMessage,
  res: ServerResponse,
  act: (request: Record<string, unknown>) => JsonReply,
): Promise<void> {
  let parsed: unknown
  try {
    parsed = JSON.parse((await readBody(req)).toString('utf8'))
  } catch {
    parsed = {} // a stock box takes what it can't parse for an empty object, on this port
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return replyHttpError(res, 400, 'Expected a JSON object')
  }
  const reply = act(parsed as Record<string, unknown>)
  replyCompact(res, reply.status, reply.body)
}

async function getStatus(box: BoxContext, res: ServerResponse): Promise<void> {
  const nets = await readNetTypes(box.state)
  const version = (await readVersion(box.state))?.box_version ?? 'unknown'
  replyCompact(res, 200, { healthy: true, version, nets, capabilities: CAPABILITIES })
}

function routes(box: BoxContext): Record<string, Handler> {
  return {
    'GET /health': (_, res) => replyCompact(res, 200, SERVICE),
    'GET /status': (_, res) => getStatus(box, res),
    'GET /nets/list': async (_, res) => replyCompact(res, 200, await readNets(box.state)),
    'GET /uart/nets/list': async (_, res) => {
      const nets = (await readNets(box.state)) as { role?: unknown }[]
      replyCompact(res, 200, { nets: nets.filter(({ role }) => role === 'uart') })
    },
    'GET /hello': (_, res) => replyCompact(res, 200, { message: 'Hello, world! Your box is connected.' }),
    'GET /instruments/list': (_, res) => replyCompact(res, 200, []),
    'GET /download-file': (req, res) => download(req, res, box.state),
    'GET /lock': (_, res) => {
      const { status, body } = box.lock.status()
      replyCompact(res, status, body)
    },
    'POST /lock': (req, res) => answerLock(req, res, (request) => box.lock.acquire(request)),
    'POST /lock/heartbeat': (req, res) => answerLock(req, res, (request) => box.lock.heartbeat(request)),
    'POST /unlock': (req, res) => answerLock(req, res, (request) => box.lock.release(request)),
  }
}

/** The second port (9000): the same facts and the same lock, in another dress. A query is looked past. */
export function httpPort(box: BoxContext): Handler {
  const byLine = new Map(Object.entries(routes(box)))
  return (req, res) => {
    const [path] = (req.url ?? '').split('?')
    const route = byLine.get(`${req.method} ${path}`)
    if (route) return route(req, res)
    replyCompact(res, 404, { error: 'Not found', message: 'The requested endpoint does not exist' })
  }
}
