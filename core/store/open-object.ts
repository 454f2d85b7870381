import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { DomainError } from '../errors'
import { askStore, isMissing } from './ask-store'
import type { Store } from './store'

/**
 * Opens an object for reading. Whoever gets the bytes reads them to their end or destroys them: they hold a connection.
 * @param options.firstBytes only so many of its first bytes; the object must have at least one
 * @throws DomainError `gone` when the store does not have it, StoreAway
 */
export async function openObject(
  { client, bucket }: Store,
  key: string,
  { firstBytes, signal }: { firstBytes?: number; signal?: AbortSignal } = {},
): Promise<Readable> {
  const command = new GetObjectCommand({
    ...{ Bucket: bucket, Key: key },
    ...(firstBytes !== undefined && { Range: `bytes=0-${firstBytes - 1}` }),
  })
  try {
    const { Body } = await askStore(client.send(command, signal && { abortSignal: signal }))
    if (Body instanceof Readable) return Body
  } catch (error) {
    if (!isMissing(error)) throw error
    throw lost()
  }
  throw new Error('The store gave an object without bytes')
}

/** The database speaks of it, the store does not have it: somebody removed it there. */
export const lost = () => new DomainError('gone', 'The object store no longer has this file.')
