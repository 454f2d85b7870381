/** One line of the log as it came over the wire. */
export type Line = {
  n: number
  /** Microseconds since the epoch. */
  at: number
  stream: number
  partial: boolean
  gap: boolean
  torn: boolean
  bytes: Buffer
}

/** Reads a batch as docs/box-api.md lays it out. @throws Error when a byte is missing or left over. */
export function readBatch(body: Buffer): { first: number; lines: Line[] } {
  if (body.toString('latin1', 0, 4) !== 'SLB1') throw new Error('not a batch')
  const first = body.readUInt32BE(4)
  const count = body.readUInt32BE(8)
  if (count > 20_000) throw new Error(`${count} records in a batch`)
  const lines: Line[] = []
  let offset = 12
  for (let n = first; n < first + count; n++) {
    const flags = body.readUInt8(offset + 9)
    const length = body.readUInt32BE(offset + 10)
    const bytes = body.subarray(offset + 14, offset + 14 + length)
    if (bytes.length !== length) throw new Error('a record was cut')
    lines.push({
      n,
      at: Number(body.readBigInt64BE(offset)),
      stream: body.readUInt8(offset + 8),
      partial: (flags & 1) !== 0,
      gap: (flags & 2) !== 0,
      torn: (flags & 4) !== 0,
      bytes,
    })
    offset += 14 + length
  }
  if (offset !== body.length) throw new Error('bytes after the last record')
  return { first, lines }
}
