import { z } from 'zod'
import { redisNodes } from './live/redis'

const seconds = (fallback: number) => z.coerce.number().min(0.05).default(fallback)
const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback)

const EnvSchema = z.object({
  NODE_ENV: z.string().default('development'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'needs postgres://user:password@host:port/database' }),
  /** BullMQ and the live bus run on Postgres when absent. Several, separated by commas: nodes of a cluster. */
  REDIS_URL: z
    .string()
    .refine(
      (urls) => redisNodes(urls).every((url) => z.url({ protocol: /^rediss?$/ }).safeParse(url).success),
      'needs redis://host:port, or several of a cluster with commas between them',
    )
    .optional(),
  /** Where people reach the web process. */
  STOUT_URL: z.url(),
  /** Where boxes reach the box API of the worker. */
  STOUT_BOX_URL: z.url(),
  /** A PEM file of authorities that programs of ours on boxes trust besides those of the box: who signed STOUT_BOX_URL's certificate. */
  STOUT_BOX_CA: z.string().optional(),
  /** Root of every derived key: tokens, run tokens, sealed credentials. */
  STOUT_SECRET: z.string().min(32, 'needs at least 32 characters'),
  /** Proxies of ours that stand in front of web and worker; each adds to X-Forwarded-For. */
  STOUT_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  STOUT_HOST: z.string().default('127.0.0.1'),
  STOUT_WORKER_PORT: port(3001),
  /** The object store, as this process reaches it. */
  S3_ENDPOINT: z.url().optional(),
  /** The same store as boxes and browsers reach it. Default: S3_ENDPOINT. */
  S3_PUBLIC_ENDPOINT: z.url().optional(),
  S3_BUCKET: z.string().min(3).default('stout'),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** Names this installation on the boxes' advisory locks: `stout:<installation>:<job>:<attempt>`. */
  STOUT_INSTALLATION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'needs 1 to 40 of a-z, 0-9 and -')
    .default('local'),
  /** From the placement to the claim. */
  DISPATCH_LIMIT_SECONDS: seconds(120),
  /** A claimed attempt this long without contact is lost. Counted only while the box API listens. */
  ATTEMPT_LOST_AFTER_SECONDS: seconds(300),
  /** A worker that was away for longer than this was out of service: silence counts from its return. */
  PRESENCE_GAP_SECONDS: seconds(15),
  /** A silent attempt is looked for on its box after this long. */
  ATTEMPT_SILENT_AFTER_SECONDS: seconds(25),
  /** First rest of a box that refused a job; doubles up to BOX_REST_MAX_SECONDS. */
  BOX_REST_SECONDS: seconds(5),
  BOX_REST_MAX_SECONDS: seconds(60),
  /** The box's own lock outlives a silent supervisor by this much at most; it is refreshed four times as often. */
  BOX_LOCK_TTL_SECONDS: seconds(120),
  BOX_PROBE_SECONDS: seconds(10),
  /** A script on each free box says so often who it is and whether it can call back. 0: never. */
  BOX_INSPECT_SECONDS: z.coerce.number().min(0).default(300),
  /** How often is looked for what organisations keep no longer. */
  RETENTION_SWEEP_SECONDS: seconds(3_600),
  SWEEP_SECONDS: seconds(1),
  SPOOL_BYTES: z.coerce.number().int().min(1).default(1_073_741_824),
  LOG_MAX_BYTES: z.coerce.number().int().min(1).default(2_000_000_000),
  LOG_MAX_LINES: z.coerce.number().int().min(1).default(20_000_000),
  /** What one attempt may keep; files beyond are skipped, and the job says so. */
  ARTIFACT_MAX_FILES: z.coerce.number().int().min(0).default(1_000),
  ARTIFACT_MAX_FILE_BYTES: z.coerce.number().int().min(0).max(5_000_000_000).default(5_000_000_000),
  ARTIFACT_MAX_TOTAL_BYTES: z.coerce.number().int().min(0).default(20_000_000_000),
  /** A larger file is uploaded in parts of this size; S3 takes none below 5 MiB. */
  ARTIFACT_PART_BYTES: z.coerce.number().int().min(5_242_880).default(67_108_864),
  /** An upload of artifacts without any progress for this long is given up. */
  UPLOAD_LIMIT_SECONDS: seconds(900),
  /** Who has it may read /metrics. Without one only processes of the same machine may. */
  STOUT_METRICS_TOKEN: z.string().min(16, 'needs at least 16 characters').optional(),
  /** What nothing speaks of leaves the object store this often: uploads never confirmed, bundles never used. */
  CLEAN_UP_SECONDS: seconds(300),
  /** A log moves into the object store this long after its attempt closed. 0: never; what was moved stays there. */
  LOG_PACK_AFTER_SECONDS: z.coerce.number().min(0).default(3_600),
  STOUT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type Env = z.infer<typeof EnvSchema>
/** Names of all settings; docs/configuration.md describes them. */
export const SETTINGS = Object.keys(EnvSchema.shape)

/** Reads the environment once, at start-up. @throws Error naming every bad variable, never a value. */
export function loadEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const parsed = EnvSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`Bad environment:\n${lines.join('\n')}`)
}
