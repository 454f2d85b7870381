import { createHash } from 'node:crypto'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import { type BegunFile, beginUploads } from '../artifacts/begin-uploads'
import { confirmUploads, type SentFile } from '../artifacts/confirm-uploads'
import type { ArtifactLimits } from '../artifacts/limits'
import type { WantedFile } from '../artifacts/plan-uploads'
import type { AttemptRef } from '../attempts/tokens'
import { loadEnv } from '../env'
import type { ArtifactId } from '../ids'
import { openStore, type Store } from '../store/store'
import { aBox, aJob, anOrg } from './fixtures'

export const sha256Of = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** S3 takes no smaller part. */
export const PART_BYTES = 5_242_880
export const LIMITS: ArtifactLimits = {
  ...{ maxFiles: 1_000, maxFileBytes: 5_000_000_000, maxTotalBytes: 20_000_000_000 },
  ...{ partBytes: PART_BYTES, uploadSeconds: 900 },
}

/** Opens a store as web and worker do. */
export function storeAt(env: Record<string, string>): Store {
  const needed = { DATABASE_URL: 'postgres://x', STOUT_URL: 'http://x', STOUT_BOX_URL: 'http://x' }
  return openStore(loadEnv({ ...needed, STOUT_SECRET: 'x'.repeat(32), ...env }))
}

/** The parts that a file travels in; one where it is small. */
function partsOf(bytes: Uint8Array, partBytes = PART_BYTES): Uint8Array[] {
  const count = Math.ceil(bytes.length / partBytes)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * partBytes, (i + 1) * partBytes))
}

/** A file as a supervisor announces it. */
export function wanted(path: string, content: string | Uint8Array, more: Partial<WantedFile> = {}): WantedFile {
  const bytes = Buffer.from(content)
  const parts = bytes.length > PART_BYTES ? { partSha256: partsOf(bytes).map(sha256Of) } : {}
  return { path, source: 'artifacts', sizeBytes: bytes.length, sha256: sha256Of(bytes), ...parts, ...more }
}

/** Makes the requests that were signed for a file, as a box does. Answers what is told with /uploaded. */
export async function send(begun: BegunFile | undefined, content: string | Uint8Array): Promise<SentFile> {
  if (!begun || !('put' in begun || 'parts' in begun))
    throw new Error(`There is nothing to send: ${JSON.stringify(begun)}`)
  const bytes = Buffer.from(content)
  const put = async ({ url, headers }: { url: string; headers: Record<string, string> }, body: Uint8Array) => {
    const answer = await fetch(url, { method: 'PUT', headers, body: Buffer.from(body) })
    if (!answer.ok) throw new Error(`The store said ${answer.status}: ${await answer.text()}`)
    return answer.headers.get('etag') ?? ''
  }
  if ('put' in begun) await put(begun.put, bytes)
  if (!('parts' in begun)) return { artifactId: begun.artifactId }
  const pieces = partsOf(bytes)
  const parts = await Promise.all(
    begun.parts.map(async (part) => ({ number: part.number, etag: await put(part, pieces[part.number - 1] ?? bytes) })),
  )
  return { artifactId: begun.artifactId, parts }
}

type Deps = Parameters<typeof beginUploads>[0]

/** Sends a file as a box does, and has it confirmed. */
export async function upload(
  { db, store, limits = LIMITS }: Omit<Deps, 'limits'> & Partial<Deps>,
  ref: AttemptRef,
  path: string,
  content: string | Uint8Array,
): Promise<ArtifactId> {
  const [begun] = await beginUploads({ db, store, limits }, ref, [wanted(path, content)])
  const [confirmed] = await confirmUploads({ db, store }, ref, [await send(begun, content)])
  if (confirmed?.state !== 'uploaded') throw new Error(JSON.stringify(confirmed))
  return confirmed.artifactId
}

/** A job whose script has ended, on a database and a store of its own. */
export async function aJobWithFiles(limits: Partial<ArtifactLimits> = {}) {
  const stack = new AsyncDisposableStack()
  const t = stack.use(await testDb())
  const s3 = stack.use(await aStore())
  const store = storeAt(s3.env)
  stack.defer(() => store.close())
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const job = await aJob(ctx, { state: 'uploading_artifacts' })
  const ref = { jobId: job.id, attempt: 1 }
  const deps = { db: t.db, store, limits: { ...LIMITS, ...limits } }
  const row = (id: ArtifactId | undefined) =>
    t.db
      .selectFrom('artifacts')
      .selectAll()
      .where('id', '=', id ?? 'art_none')
      .executeTakeFirst()
  return {
    ...{ t, db: t.db, s3, store, ctx, ref, deps, row },
    begin: (...files: WantedFile[]) => beginUploads(deps, ref, files),
    confirm: (...files: SentFile[]) => confirmUploads(deps, ref, files),
    upload: (path: string, content: string | Uint8Array) => upload(deps, ref, path, content),
    /** State of each path. */
    async states(): Promise<Record<string, string>> {
      const rows = await t.db.selectFrom('artifacts').select(['path', 'state']).orderBy('id').execute()
      return Object.fromEntries(rows.map(({ path, state }) => [path, state]))
    },
    objects: () => t.db.selectFrom('storedObjects').selectAll().orderBy('createdAt').execute(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
