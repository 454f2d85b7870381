import { z } from 'zod'
import type { Credentials } from './auth/signing'

const SettingsSchema = z.object({
  STOUT_STORE_DIR: z.string(),
  STOUT_HOST: z.string().default('127.0.0.1'),
  STOUT_STORE_PORT: z.coerce.number().int().min(0).max(65535).default(9100),
  S3_BUCKET: z.string().default('stout'),
  S3_REGION: z.string().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(16, 'needs at least 16 characters'),
  /** Origins of pages that may use the store from a browser, separated by spaces. */
  STOUT_STORE_ORIGINS: z.string().default(''),
})

export type StoreSettings = {
  dir: string
  host: string
  port: number
  bucket: string
  region: string
  credentials: Credentials
  allowedOrigins: string[]
}

/** @throws Error naming every bad variable, never a value */
export function readSettings(source: Record<string, string | undefined>): StoreSettings {
  const parsed = SettingsSchema.safeParse(source)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`Bad environment:\n${lines.join('\n')}`)
  }
  const given = parsed.data
  return {
    dir: given.STOUT_STORE_DIR,
    host: given.STOUT_HOST,
    port: given.STOUT_STORE_PORT,
    bucket: given.S3_BUCKET,
    region: given.S3_REGION,
    credentials: { accessKeyId: given.S3_ACCESS_KEY_ID, secretAccessKey: given.S3_SECRET_ACCESS_KEY },
    allowedOrigins: given.STOUT_STORE_ORIGINS.split(/\s+/).filter((origin) => origin !== ''),
  }
}
