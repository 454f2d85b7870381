import { mimes } from 'mrmime'
import { MAX_PATH_BYTES } from './limits'

/** Bytes of a file name that are no UTF-8, as Python hands them on; and halves of a pair, which no text may have. */
const LONE_SURROGATE = /\p{Surrogate}/gu

/**
 * A path as it can be written down, and why a file of that path is not kept. Paths are relative, with `/`; what no text can carry
 * is shown as `\xNN`, so that the file can at least be named.
 */
export function readPath(given: string): { path: string; problem?: string } {
  const path = shorten(given.replace(LONE_SURROGATE, spell).replaceAll('\0', '\\x00'))
  const problem = problemOf(given)
  return problem === undefined ? { path } : { path, problem }
}

function problemOf(path: string): string | undefined {
  if (!path.isWellFormed()) return 'its name is not UTF-8'
  if (path.includes('\0')) return 'its name has a NUL character'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `its path is longer than ${MAX_PATH_BYTES} bytes`
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'its path is not a plain path below the folder'
  }
  return undefined
}

function spell(half: string): string {
  const code = half.charCodeAt(0)
  const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code
  return `\\x${byte.toString(16)}`
}

function shorten(path: string): string {
  const bytes = Buffer.from(path)
  if (bytes.length <= MAX_PATH_BYTES) return path || '(no name)'
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_PATH_BYTES - 3), { stream: true })}…`
}

/** Media type guessed from a name. (Its own `lookup` would find what every object has: `x.constructor`.) */
export function contentTypeOf(path: string): string {
  const [, extension = ''] = /\.([^./]+)$/.exec(path.toLowerCase()) ?? []
  return (Object.hasOwn(mimes, extension) ? mimes[extension] : undefined) ?? 'application/octet-stream'
}
