import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RequestError } from './replies'
import type { StateRoot } from './state-root'

/**
 * Where a file that a client asks for stands. /tmp of a stock box is `tmp` of the state root here, and both spellings are
 * understood. `..` is resolved as text; symbolic links below a root are followed wherever they lead.
 *
 * @throws RequestError 403 outside the download roots
 */
export function downloadPath(filename: string, state: Pick<StateRoot, 'tmp' | 'downloadRoots'>): string {
  const asked = normalize(filename.startsWith('/') ? filename : `/${filename}`)
  const own = asked.startsWith('/tmp/') && !asked.startsWith(`${state.tmp}/`) ? join(state.tmp, asked.slice(5)) : asked
  if (state.downloadRoots.some((root) => own === root || own.startsWith(`${root}/`))) return own
  throw new RequestError(403, 'Access to this path is not permitted')
}

/** GET /download-file?filename=…: the file as it is, never compressed, never in part. */
export async function download(req: IncomingMessage, res: ServerResponse, state: StateRoot): Promise<void> {
  const filename = new URL(req.url ?? '', 'http://box').searchParams.get('filename')
  if (!filename) throw new RequestError(400, 'Missing filename parameter')
  const path = downloadPath(filename, state)
  const found = await stat(path).catch(() => {
    throw new RequestError(404, `File not found: ${filename}`)
  })
  if (!found.isFile()) throw new RequestError(400, 'Path is not a file')
  const shownName = basename(filename).replace(/[^\x20-\x7e]|["\\]/g, '_')
  res.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${shownName}"`,
    'Content-Length': found.size,
    Connection: 'close',
  })
  if (found.size === 0) res.end()
  // A file that grows meanwhile is sent up to the length that was announced.
  else await pipeline(createReadStream(path, { end: found.size - 1 }), res)
}
