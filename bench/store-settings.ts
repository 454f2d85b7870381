import type { openStore } from '../core/store/store'

/** The store's part of the environment, as `openStore` takes it. */
export function storeSettings(env: Record<string, string>): Parameters<typeof openStore>[0] {
  const { S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_BUCKET = '', S3_REGION = '' } = env
  const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env
  return { S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }
}
