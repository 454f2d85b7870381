import { randomUUID } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { aStore, type StoreAccess } from './store'

/** A store that the contract is tried on, and a place in its bucket that nobody else uses. */
export type Subject = AsyncDisposable & StoreAccess & { s3: S3Client; prefix: string; embedded: boolean }

/** Whether another S3 is to be tried too: `S3_TEST_ENDPOINT` and the other `S3_TEST_…` variables are set. */
export const hasOtherS3 = Boolean(process.env.S3_TEST_ENDPOINT)

/** The embedded store, or the S3 that the environment names. */
export async function aSubject(which: 'embedded' | 'other'): Promise<Subject> {
  const stack = new AsyncDisposableStack()
  const access = which === 'embedded' ? stack.use(await aStore()) : otherS3()
  const s3 = stack.use(clientOf(access))
  const dispose = { [Symbol.asyncDispose]: () => stack.disposeAsync() }
  return { ...access, s3, prefix: `${randomUUID()}/`, embedded: which === 'embedded', ...dispose }
}

function otherS3(): StoreAccess {
  const given = (name: string) => process.env[`S3_TEST_${name}`] ?? ''
  return {
    endpoint: given('ENDPOINT').replace(/\/$/, ''),
    bucket: given('BUCKET'),
    region: given('REGION') || 'us-east-1',
    accessKeyId: given('ACCESS_KEY_ID'),
    secretAccessKey: given('SECRET_ACCESS_KEY'),
    env: {},
  }
}

/** The SDK's client. Asks once: a test wants to see the first answer. */
export function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: StoreAccess): S3Client & Disposable {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() })
}
