import type { IncomingMessage, ServerResponse } from 'node:http'
import { attach, findRun } from './attach'
import { STREAM_HEADERS } from './attached'
import { readBreakpoint, resume } from './breakpoints'
import { postPip, postTestExecute } from './commands'
import type { BoxContext } from './context'
import { download } from './downloads'
import { encodeFrames, exitFrame } from './frames'
import { kill } from './kill'
import type { JsonReply } from './lock'
import { BrokenNets, readNets, readNetTypes, readVersion } from './nets'
import { beginReply, readBody, replyIndented, replyText } from './replies'
import { postPython } from './run'
import type { Handler } from './server'

const SERVICE = { status: 'healthy', service: 'lager-python-box', version: '1.0.0' }
const HELLO = 'Hello, world! Your box is connected.\n'
const METHODS = ['GET', 'POST', 'PUT', 'DELETE']

/** An error in the shape of this port. */
export function replyPythonError(res: ServerResponse, status: number, message: unknown): void {
  replyIndented(res, status, { error: message, status: 'error' })
}

/** Answers a request whose body is a JSON object; an empty body counts as an empty one. */
async function answerObject(
  req: IncomingMessage,
  res: ServerResponse,
  act: (request: Record<string, unknown>) => JsonReply | Promise<JsonReply>,
): Promise<void> {
  const body = await readBody(req)
  let parsed: unknown = {}
  try {
    if (body.length > 0) parsed = JSON.parse(body.toString('utf8'))
  } catch {
    return replyIndented(res, 400, { error: 'Invalid JSON' })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return replyIndented(res, 400, { error: 'Expected a JSON object' })
  }
  const reply = await act(parsed as Record<string, unknown>)
  replyIndented(res, reply.status, reply.body)
}

async function getStatus(box: BoxContext, res: ServerResponse): Promise<void> {
  try {
    const nets = await readNetTypes(box.state)
    const version = (await readVersion(box.state))?.box_version ?? 'unknown'
    replyIndented(res, 200, { healthy: true, version, nets })
  } catch (error) {
    if (!(error instanceof BrokenNets)) throw error
    res.destroy() // a stock box drops the connection without a word
  }
}

async function postKill(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const killed = kill(await readBody(req), box.state, box.timings.killGraceMs)
  box.reaping.add(killed)
  await killed
  replyIndented(res, 200, { status: 'killed' })
}

async function getCliVersion(box: BoxContext, res: ServerResponse): Promise<void> {
  const version = await readVersion(box.state)
  if (version) replyIndented(res, 200, version)
  else replyPythonError(res, 404, 'Version file not found')
}

function getTestStream(res: ServerResponse): void {
  beginReply(res, 200, STREAM_HEADERS)
  res.end(Buffer.concat([encodeFrames(1, Buffer.from('Hello world\n')), exitFrame(0)]))
}

async function postAttach(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  await attach(await findRun(await readBody(req), box.state.processes), res, box.timings)
}

function runRoutes(box: BoxContext): Record<string, Handler> {
  const { processes } = box.state
  return {
    'POST /python': (req, res) => postPython(box, req, res),
    'POST /python/kill': (req, res) => postKill(box, req, res),
    'POST /python/attach': (req, res) => postAttach(box, req, res),
    'POST /python/breakpoint': (req, res) =>
      answerObject(req, res, async (request) => ({ status: 200, body: await readBreakpoint(request, processes) })),
    'POST /python/continue': (req, res) =>
      answerObject(req, res, async (request) => ({ status: 200, body: await resume(request, processes) })),
    'POST /pip': (req, res) => postPip(box, req, res),
    'POST /test-execute': (req, res) => postTestExecute(box, req, res),
    'GET /test-stream': (_, res) => getTestStream(res),
  }
}

function routes(box: BoxContext): Record<string, Handler> {
  return {
    ...runRoutes(box),
    'GET /hello': (_, res) => replyText(res, 200, HELLO),
    'GET /version': (_, res) => replyText(res, 200, `${SERVICE.service} ${SERVICE.version}\n`),
    'GET /cli-version': (_, res) => getCliVersion(box, res),
    'GET /instruments/list': (_, res) => replyIndented(res, 200, []),
    'GET /health': (_, res) => replyIndented(res, 200, SERVICE),
    'GET /status': (_, res) => getStatus(box, res),
    'GET /nets/list': async (_, res) => replyIndented(res, 200, await readNets(box.state)),
    'GET /lock': (_, res) => {
      const { status, body } = box.lock.status()
      replyIndented(res, status, { ...body, busy: false })
    },
    'POST /lock': (req, res) => answerObject(req, res, (request) => box.lock.acquire(request)),
    'POST /lock/heartbeat': (req, res) => answerObject(req, res, (request) => box.lock.heartbeat(request)),
    'POST /unlock': (req, res) => answerObject(req, res, (request) => box.lock.release(request)),
  }
}

/** The port that runs Python (5000). Paths are compared as they were sent, query included. */
export function pythonPort(box: BoxContext): Handler {
  const byLine = new Map(Object.entries(routes(box)))
  return (req, res) => {
    const route = byLine.get(`${req.method} ${req.url}`)
    if (route) return route(req, res)
    if (req.method === 'GET' && req.url?.startsWith('/download-file')) return download(req, res, box.state)
    if (METHODS.includes(req.method ?? '')) return replyPythonError(res, 404, 'Not found')
    replyText(
      res,
      501,
      `<html><body><h1>Error response</h1><p>Error code: 501</p></body></html>\n`,
      'text/html;charset=utf-8',
    )
  }
}
