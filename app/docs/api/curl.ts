import type { JsonSchema } from '../../../server/rest/json-schema'

/** What the command needs to know of an operation. */
export type Command = {
  method: string
  /** With the values of its parameters. */
  path: string
  query: { name: string; value: string }[]
  isOpen: boolean
  body?: { type: string; example?: unknown }
  /** The status that it answers with when all is well, and the type of that answer. */
  status: string
  answerType?: string
}

/** Where a body of bytes is read from, and where one is written to. */
const UPLOADED = 'rig.zip'
const SAVED: Record<string, string> = { 'application/zip': 'artifacts.zip' }

/**
 * A command for bash that makes the request; `$TOKEN` holds the API token.
 * @param url where the API is reached, without /api/v1
 */
export function curlOf(command: Command, url: string): string {
  const { method, path, query, isOpen, body, status } = command
  const search = query.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('&')
  const isSocket = status === '101'
  const address = `${isSocket ? '$WORKER' : url}/api/v1${path}${search && `?${search}`}`
  const parts = [
    `curl${flagsOf(command)} "${address}"`,
    ...(isOpen ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(isSocket ? UPGRADE : []),
    ...(body ? bodyOf(body) : []),
  ]
  if (method !== 'GET' && !(method === 'POST' && body)) parts[0] = parts[0]?.replace('curl', `curl -X ${method}`) ?? ''
  return `${isSocket ? WORKER : ''}${parts.join(' \\\n  ')}`
}

/** Only the worker answers it. */
const WORKER = 'WORKER=http://127.0.0.1:3001 # or where your reverse proxy leads this to it\n'
const UPGRADE = [
  "-H 'Connection: Upgrade' -H 'Upgrade: websocket'",
  "-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng=='",
]

function flagsOf({ status, answerType = '' }: Command): string {
  if (status === '101') return ' -N --http1.1'
  if (status === '302') return ' -L -O -J'
  if (answerType === 'text/event-stream') return ' -N'
  return SAVED[answerType] ? ` -o ${SAVED[answerType]}` : ''
}

function bodyOf({ type, example }: { type: string; example?: unknown }): string[] {
  const header = `-H 'Content-Type: ${type}'`
  if (type !== 'application/json') return [header, `--data-binary @${UPLOADED}`]
  return [header, `-d ${quoted(JSON.stringify(example ?? {}, null, 2).replaceAll('\n', '\n  '))}`]
}

/** As one word of bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A value for a parameter that must be given and has no example. */
export function sampleOf({ enum: values, minimum, type }: JsonSchema): string {
  if (values?.[0] !== undefined) return String(values[0])
  return type === 'integer' ? String(minimum ?? 1) : 'error'
}
