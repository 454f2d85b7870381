import type { Received } from '../body/body'
import type { ChecksumAlgorithm } from '../body/checksums'
import { S3Error } from '../errors'
import type { Store } from '../storage/store'
import type { Call } from './operation'

/** Something that hands over bytes and, at the end, what they were. */
type Source = (sink: (chunk: Buffer) => Promise<void>) => Promise<Received>

/** Refuses a body that does not say how long it is, or is longer than the store takes, before a byte of it is read. */
function checkSize({ body, store }: Call): void {
  if (body.sizeBytes === null) throw new S3Error('MissingContentLength')
  if (body.sizeBytes > store.limits.maxPutBytes)
    throw new S3Error('EntityTooLarge', `One upload has at most ${store.limits.maxPutBytes} bytes.`)
}

/** The body of a request as a data file. */
export async function receiveFile<T>(
  call: Call,
  algorithm: ChecksumAlgorithm | undefined,
  commit: (received: Received, file: string) => T,
): Promise<T> {
  checkSize(call)
  return await writeFile(call.store, (sink) => call.body.receive(sink, algorithm), commit)
}

/**
 * Writes a data file and lets `commit` put it on record; when any of that fails, nothing of the file is left. What is on
 * record when this returns survives a kill and a loss of power.
 */
export async function writeFile<T>(
  store: Store,
  source: Source,
  commit: (received: Received, file: string) => T,
): Promise<T> {
  const draft = await store.files.create()
  try {
    const received = await source((chunk) => draft.write(chunk))
    return commit(received, await draft.keep())
  } catch (error) {
    await draft.discard()
    throw error
  }
}
