import { S3Error } from '../errors'
import { toXml } from '../xml'
import type { Answer, BucketCall, Call } from './operation'

export async function listBuckets({ store }: Call): Promise<Answer> {
  const Bucket = store.catalogue
    .buckets()
    .map(({ name, createdAt }) => ({ Name: name, CreationDate: new Date(createdAt).toISOString() }))
  const Owner = { ID: 'stout', DisplayName: 'stout' }
  return { status: 200, body: toXml('ListAllMyBucketsResult', { Owner, Buckets: { Bucket } }) }
}

/** Makes a bucket; that it may say where in the world is checked and passed over. */
export async function createBucket({ store, bucket, body }: BucketCall): Promise<Answer> {
  await body.receive(async () => {})
  if (!store.catalogue.createBucket(bucket, store.now())) throw new S3Error('BucketAlreadyOwnedByYou')
  return { status: 200, headers: { location: `/${bucket}` } }
}

export async function headBucket({ store, bucket, region }: BucketCall): Promise<Answer> {
  store.catalogue.requireBucket(bucket)
  return { status: 200, headers: { 'x-amz-bucket-region': region } }
}
