/**
 * Bytes as text that a reader can make sense of: as they are where they are UTF-8 (NUL too), else ASCII with every other byte
 * written `\xff`. Escape stays, so that colours around a stray byte still work.
 */
export function readableBytes(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return Array.from(bytes, readable).join('')
  }
}

function readable(byte: number): string {
  const isText = (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0d || byte === 0x1b
  return isText ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
}
