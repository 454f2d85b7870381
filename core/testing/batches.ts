import { type LogBatch, readBatch } from '../logs/records'

/** A batch of stdout lines as a supervisor would send it. */
export function aBatch(firstN: number, texts: (string | Buffer)[], flags = 0): LogBatch {
  return readBatch(wireBatch(firstN, texts, flags))
}

/** The same as bytes on the wire. */
export function wireBatch(firstN: number, texts: (string | Buffer)[], flags = 0): Buffer {
  const header = Buffer.alloc(12)
  header.write('SLB1', 'latin1')
  header.writeUInt32BE(firstN, 4)
  header.writeUInt32BE(texts.length, 8)
  const records = texts.map((text) => {
    const bytes = Buffer.from(text)
    const head = Buffer.alloc(14)
    head.writeBigInt64BE(BigInt(Date.now()) * 1000n, 0)
    head.writeUInt8(1, 8)
    head.writeUInt8(flags, 9)
    head.writeUInt32BE(bytes.length, 10)
    return Buffer.concat([head, bytes])
  })
  return Buffer.concat([header, ...records])
}
