import { S3Error } from '../errors'

/** From `start` up to, not including, `end`. */
export type ByteRange = { start: number; end: number }

/**
 * The one range that a Range header asks for. As in S3, what is not one well-formed range of bytes is no range at all.
 * @throws S3Error InvalidRange when it lies outside of the object
 */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '')
  if (!found) return null
  const [, first = '', last = ''] = found
  if (first === '' && last === '') return null
  if (first === '') {
    const count = Math.min(Number(last), sizeBytes)
    if (count === 0) throw new S3Error('InvalidRange')
    return { start: sizeBytes - count, end: sizeBytes }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (last !== '' && Number(last) < start) return null
  if (start >= sizeBytes) throw new S3Error('InvalidRange')
  return { start, end }
}
