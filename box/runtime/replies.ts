import type { IncomingMessage, ServerResponse } from 'node:http'

/** A failure with the status and text that a stock box would answer. Anything else that is thrown is a 500. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
    this.name = 'RequestError'
  }
}

const escapeNonAscii = (json: string) =>
  json.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Begins an answer whose body ends when the connection does: no length, never chunked. */
export function beginReply(res: ServerResponse, status: number, headers: Record<string, string>): void {
  res.removeHeader('Transfer-Encoding')
  res.writeHead(status, { ...headers, Connection: 'close' })
}

/** Answers as the python port does: JSON indented by two, delimited by the end of the connection. */
export function replyIndented(res: ServerResponse, status: number, body: unknown): void {
  beginReply(res, status, { 'Content-Type': 'application/json' })
  res.end(escapeNonAscii(JSON.stringify(body, null, 2)))
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}

/** Answers as the http port does: compact JSON, keys sorted, with a Content-Length. */
export function replyCompact(res: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(`${escapeNonAscii(JSON.stringify(sortKeys(body)))}\n`)
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, Connection: 'close' })
  res.end(bytes)
}

/** Answers with a short text, delimited by the end of the connection. */
export function replyText(res: ServerResponse, status: number, text: string, contentType = 'text/plain'): void {
  beginReply(res, status, { 'Content-Type': contentType })
  res.end(text)
}

/** Reads a whole body. Without a Content-Length it counts as empty: a stock box knows no chunked requests. */
export async function readBody(req: IncomingMessage): Promise<Buffer> {
  if (req.headers['content-length'] === undefined) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
