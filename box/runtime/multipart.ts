import type { IncomingMessage } from 'node:http'
import { Busboy } from '@fastify/busboy'

/** One part of a form. Every part is kept as bytes: a module's zip may come without a filename. */
export type Part = { bytes: Buffer; filename: string | undefined }
/** The parts by field name, in the order they came. */
export type Form = Map<string, Part[]>

/**
 * Parses a multipart/form-data request. A request that carries no such body (another content type, no boundary, no
 * Content-Length) is an empty form, as on a stock box.
 *
 * @throws Error when the body is malformed or cut short
 */
export function parseForm(req: IncomingMessage): Promise<Form> {
  const contentType = req.headers['content-type'] ?? ''
  const length = req.headers['content-length']
  if (!contentType.startsWith('multipart/form-data') || !/;\s*boundary=[^;\s]/i.test(contentType) || !Number(length)) {
    req.resume()
    return Promise.resolve(new Map())
  }
  return new Promise((resolve, reject) => {
    const form: Form = new Map()
    const parser = new Busboy({
      headers: { ...req.headers, 'content-type': contentType },
      preservePath: true,
      isPartAFile: () => true,
    })
    const fail = (error: unknown) => {
      req.unpipe(parser)
      req.resume()
      reject(error)
    }
    parser.on('file', (name, stream, filename) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', fail)
      const part: Part = { bytes: Buffer.alloc(0), filename }
      stream.on('end', () => {
        part.bytes = Buffer.concat(chunks)
      })
      form.set(name, [...(form.get(name) ?? []), part])
    })
    parser.on('finish', () => resolve(form))
    parser.on('error', fail)
    req.on('error', fail)
    req.on('aborted', () => fail(new Error('the client went away')))
    req.pipe(parser)
  })
}
