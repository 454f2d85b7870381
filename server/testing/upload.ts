import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'

type Sent = { bearer?: string; headers?: Record<string, string>; type?: string; method?: string }

/** Sends bytes as they are and returns status, JSON and headers. Pieces go out one by one, without a declared length. */
export async function upload(
  url: string,
  path: string,
  body: Buffer | AsyncIterable<Uint8Array>,
  { bearer, headers = {}, type = 'application/zip', method = 'POST' }: Sent = {},
) {
  const response = await fetch(`${url}/api/v1${path}`, {
    ...{ method, body: body as BodyInit, duplex: 'half' },
    headers: { ...(bearer && { authorization: bearer }), 'content-type': type, ...headers },
  } as RequestInit)
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined, headers: response.headers }
}

export const BOUNDARY = 'stout-form-boundary'
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** A form as a client writes it. */
export function formOf(parts: { name: string; content: string | Buffer; fileName?: string; type?: string }[]): Buffer {
  const pieces = parts.flatMap(({ name, content, fileName, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${fileName ? `; filename="${fileName}"` : ''}\r\n`,
    type ? `Content-Type: ${type}\r\n\r\n` : '\r\n',
    content,
    '\r\n',
  ])
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)))
}

/**
 * Begins a request and breaks it off after the bytes that are given.
 * @param until resolves when it is to be broken off
 */
export async function breakOff(
  url: string,
  path: string,
  head: Record<string, string>,
  sent: Buffer,
  until: (socket: Socket) => Promise<unknown>,
): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = createConnection(Number(port), hostname)
  await once(socket, 'connect')
  const lines = Object.entries({ host: `${hostname}:${port}`, ...head }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST /api/v1${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  socket.write(sent)
  await until(socket)
  socket.destroy()
}
