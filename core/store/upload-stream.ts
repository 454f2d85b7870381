import { Readable } from 'node:stream'
import { Upload } from '@aws-sdk/lib-storage'
import { DomainError } from '../errors'
import { StoreAway } from './ask-store'
import type { Store } from './store'

/** The smallest part that S3 takes; with two on their way an upload holds some 15 MB, whatever its size. */
const PART_BYTES = 5_242_880
const PARTS_AT_ONCE = 2

/**
 * Sends bytes of unknown length to the store as they come.
 * @param begun told the id of the multipart upload once there is one, so that its parts can be found should we die
 * @param signal given up when it is aborted, also while the store is silent
 * @throws what `pieces` threw; StoreAway. Parts were removed then, as far as the store could be reached.
 */
export async function uploadStream(
  { client, bucket }: Store,
  key: string,
  pieces: AsyncIterable<Uint8Array>,
  contentType: string,
  begun: (uploadId: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const body = Readable.from(pieces, { objectMode: false })
  const params = { Bucket: bucket, Key: key, Body: body, ContentType: contentType }
  const upload = new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE })
  const abort = () => void upload.abort()
  signal?.addEventListener('abort', abort)
  let noted: Promise<void> | undefined
  upload.on('httpUploadProgress', () => {
    if (upload.uploadId !== undefined) noted ??= begun(upload.uploadId)
    noted?.catch(() => undefined) // seen below
  })
  try {
    await upload.done()
    await noted
  } catch (error) {
    throw error instanceof DomainError ? error : new StoreAway(error)
  } finally {
    signal?.removeEventListener('abort', abort)
    await noted?.catch(() => undefined)
    body.destroy()
  }
}
