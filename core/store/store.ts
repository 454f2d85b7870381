import { S3Client } from '@aws-sdk/client-s3'
import type { Env } from '../env'

/** The object store: bundles, artifacts and packed logs lie there. Two clients, since boxes and browsers may reach it elsewhere. */
export type Store = {
  /** Reaches the store from this process. */
  client: S3Client
  /** Only signs URLs, for boxes and browsers. */
  signer: S3Client
  bucket: string
  /** Origin of the URLs that `signer` makes. */
  publicOrigin: string
  close(): void
}

type StoreEnv = Pick<
  Env,
  'S3_ENDPOINT' | 'S3_PUBLIC_ENDPOINT' | 'S3_BUCKET' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY'
>

/** Opens the store that the environment names: any S3, by path-style addresses where an endpoint is given. Asks nothing yet. */
export function openStore(env: StoreEnv): Store {
  const client = clientAt(env, env.S3_ENDPOINT)
  const publicEndpoint = env.S3_PUBLIC_ENDPOINT ?? env.S3_ENDPOINT
  const signer = clientAt(env, publicEndpoint)
  return {
    client,
    signer,
    bucket: env.S3_BUCKET,
    publicOrigin: publicEndpoint
      ? new URL(publicEndpoint).origin
      : `https://${env.S3_BUCKET}.s3.${env.S3_REGION}.amazonaws.com`,
    close() {
      client.destroy()
      signer.destroy()
    },
  }
}

function clientAt(
  { S3_REGION: region, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey }: StoreEnv,
  endpoint: string | undefined,
): S3Client {
  return new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    // SHA-256 is given wherever it is known; the client's own CRC would be one more header that boxes must repeat.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
  })
}
