import { S3Error } from '../errors'

const LINE_LIMIT_BYTES = 16 * 1024

/** Reads lines and counted bytes from a stream of chunks, holding no more than one chunk and one line. */
export class ByteReader {
  private rest: Buffer = Buffer.alloc(0)
  private readonly chunks: AsyncIterator<Buffer>

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]()
  }

  /** The next line without its CRLF. @throws S3Error when the stream ends first, or the line is too long */
  async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf('\r\n')
      if (end >= 0) {
        const line = this.rest.toString('latin1', 0, end)
        this.rest = this.rest.subarray(end + 2)
        return line
      }
      if (this.rest.length > LINE_LIMIT_BYTES) throw new S3Error('InvalidRequest', 'A line of the body is too long.')
      const more = await this.more()
      if (!more) throw new S3Error('IncompleteBody')
      this.rest = Buffer.concat([this.rest, more])
    }
  }

  /** Exactly `count` bytes, as they come. @throws S3Error when the stream ends first */
  async *bytes(count: number): AsyncGenerator<Buffer> {
    let missing = count
    while (missing > 0) {
      if (this.rest.length === 0) {
        const more = await this.more()
        if (!more) throw new S3Error('IncompleteBody')
        this.rest = more
      }
      const piece = this.rest.subarray(0, missing)
      this.rest = this.rest.subarray(piece.length)
      missing -= piece.length
      if (piece.length > 0) yield piece
    }
  }

  /** Whether nothing more comes. */
  async ended(): Promise<boolean> {
    while (this.rest.length === 0) {
      const more = await this.more()
      if (!more) return true
      this.rest = more
    }
    return false
  }

  /** Lets go of the stream, so that somebody else can read what is left of it. */
  async close(): Promise<void> {
    await this.chunks.return?.()
  }

  private async more(): Promise<Buffer | null> {
    const next = await this.chunks.next()
    return next.done ? null : next.value
  }
}
