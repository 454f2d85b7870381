import { createHash, createHmac } from 'node:crypto'
import { isSame } from '../auth/authenticate'
import type { ChunkSigning } from '../auth/payload-mode'
import { S3Error } from '../errors'
import { ByteReader } from './byte-reader'

const EMPTY_SHA256 = createHash('sha256').digest('hex')

/**
 * Takes the frames off an `aws-chunked` body and yields its bytes. A chunk's bytes are yielded before its signature can be
 * checked: whoever keeps them must wait for the end, which is reached only when every signature held.
 * @param onTrailer told each header of the trailer
 * @throws S3Error SignatureDoesNotMatch at the first chunk that is not signed rightly; IncompleteBody; InvalidRequest
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  mode: { signing: ChunkSigning | null; trailer: boolean },
  onTrailer: (name: string, value: string) => void,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source)
  try {
    yield* readFrames(reader, mode, onTrailer)
  } finally {
    await reader.close()
  }
}

async function* readFrames(
  reader: ByteReader,
  mode: { signing: ChunkSigning | null; trailer: boolean },
  onTrailer: (name: string, value: string) => void,
): AsyncGenerator<Buffer> {
  const chain = mode.signing && new SignatureChain(mode.signing)
  for (;;) {
    const { sizeBytes, signature } = readChunkHeader(await reader.line())
    const hash = createHash('sha256')
    for await (const piece of reader.bytes(sizeBytes)) {
      if (chain) hash.update(piece)
      yield piece
    }
    chain?.check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, hash.digest('hex')], signature)
    if (sizeBytes === 0) break
    if ((await reader.line()) !== '') throw new S3Error('InvalidRequest', 'A chunk is longer than it said.')
  }
  if (mode.trailer) await readTrailer(reader, chain, onTrailer)
  else if ((await reader.line()) !== '') throw new S3Error('InvalidRequest', 'There is something after the last chunk.')
  if (!(await reader.ended())) throw new S3Error('InvalidRequest', 'There is something after the last chunk.')
}

function readChunkHeader(line: string): { sizeBytes: number; signature: string } {
  const found = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line)
  if (!found) throw new S3Error('InvalidRequest', 'The body is not aws-chunked.')
  return { sizeBytes: Number.parseInt(found[1] ?? '', 16), signature: found[2] ?? '' }
}

async function readTrailer(
  reader: ByteReader,
  chain: SignatureChain | null,
  onTrailer: (name: string, value: string) => void,
): Promise<void> {
  const canonical = createHash('sha256')
  let signature = ''
  for (;;) {
    const line = (await reader.line()).replace(/\n$/, '')
    if (line === '') break
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (colon < 1) throw new S3Error('MalformedTrailerError')
    if (name === 'x-amz-trailer-signature') signature = value
    else {
      canonical.update(`${name}:${value}\n`)
      onTrailer(name, value)
    }
  }
  chain?.check('AWS4-HMAC-SHA256-TRAILER', [canonical.digest('hex')], signature)
}

/** Each signature covers the one before it, so no chunk can be left out, doubled or moved. */
class SignatureChain {
  private previous: string
  constructor(private readonly signing: ChunkSigning) {
    this.previous = signing.signature
  }

  check(algorithm: string, hashes: readonly string[], signature: string): void {
    const { key, scope, longDate } = this.signing
    const toSign = [algorithm, longDate, scope, this.previous, ...hashes].join('\n')
    const expected = createHmac('sha256', key).update(toSign).digest('hex')
    if (!isSame(expected, signature)) throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk is wrong.')
    this.previous = expected
  }
}
