import type { Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Artifact, Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { DomainError } from '../errors'
import { type ArtifactId, newId, type OrgId } from '../ids'
import { dropObject, reserveObject } from '../store/objects'
import type { Store } from '../store/store'
import { contentTypeOf, readPath } from './artifact-path'
import type { ArtifactLimits } from './limits'
import { nameUnsent, type UnsentFile } from './name-unsent'
import { openForUploads, uploadsMoved } from './open-for-uploads'
import { planUploads, type Step, type Taken, type WantedFile } from './plan-uploads'
import { type SignedArtifact, signUploads } from './sign-uploads'

/** The answer for one file. */
export type BegunFile =
  | SignedArtifact
  | { artifactId: ArtifactId; state: 'uploaded' }
  | { artifactId: ArtifactId; state: 'skipped'; why: string }

/**
 * A supervisor wants to send files. Each becomes an artifact that is being uploaded, within the limits, and gets the requests to
 * make. Safe to repeat: the same file gets fresh URLs; when its content changed it begins anew, and the old object is dropped.
 * @throws NotFound; DomainError `conflict` before the exit, `gone` after the close, `bad_request` for part hashes that do not fit
 *   the size; StoreAway
 */
export async function beginUploads(
  { db, store, limits }: { db: Db; store: Store; limits: ArtifactLimits },
  ref: AttemptRef,
  files: WantedFile[],
): Promise<BegunFile[]> {
  const wanted = files.map((file) => withParts(file, limits.partBytes))
  const artifacts = await db.transaction().execute(async (tx) => {
    const { orgId } = await openForUploads(tx, ref)
    const known = await artifactsAt(
      tx,
      ref,
      wanted.map(({ path }) => readPath(path).path),
    )
    const steps = planUploads(wanted, known, await takenBy(tx, ref), limits)
    await apply(tx, ref, orgId, steps, known)
    const after = await artifactsAt(
      tx,
      ref,
      steps.map(({ path }) => path),
    )
    return steps.flatMap(({ path }) => after.get(path) ?? [])
  })
  const signed = await signUploads(
    db,
    store,
    artifacts.filter(({ state }) => state === 'uploading'),
    limits.partBytes,
  )
  return artifacts.map((artifact) => answerFor(artifact, signed))
}

function answerFor({ id: artifactId, state, why }: Artifact, signed: Map<ArtifactId, SignedArtifact>): BegunFile {
  if (state === 'uploaded') return { artifactId, state }
  return signed.get(artifactId) ?? { artifactId, state: 'skipped', why: why ?? 'it is not kept' }
}

/** Only a file larger than a part has parts, each with its hash. */
function withParts(file: WantedFile, partBytes: number): WantedFile {
  if (file.sizeBytes <= partBytes) return { ...file, partSha256: undefined }
  const parts = Math.ceil(file.sizeBytes / partBytes)
  if (file.partSha256?.length === parts) return file
  throw new DomainError('bad_request', `partSha256: ${parts} parts of ${partBytes} bytes need as many hashes.`)
}

async function artifactsAt(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  paths: string[],
): Promise<Map<string, Artifact>> {
  const rows = await tx
    .selectFrom('artifacts')
    .selectAll()
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('path', 'in', paths)
    .execute()
  return new Map(rows.map((row) => [row.path, row]))
}

async function takenBy(tx: Transaction<Database>, { jobId, attempt }: AttemptRef): Promise<Taken> {
  const { files, sizeBytes } = await tx
    .selectFrom('artifacts')
    .select((eb) => [eb.fn.countAll<number>().as('files'), eb.fn.sum<number | null>('sizeBytes').as('sizeBytes')])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('state', 'in', ['uploading', 'uploaded'])
    .executeTakeFirstOrThrow()
  return { files, sizeBytes: Number(sizeBytes ?? 0) }
}

async function apply(
  tx: Transaction<Database>,
  ref: AttemptRef,
  orgId: OrgId,
  steps: Step[],
  known: Map<string, Artifact>,
) {
  const begun = new Map(steps.flatMap((step) => (step.do === 'begin' ? [[step.path, step.file] as const] : [])))
  const skipped = new Map(steps.flatMap((step) => (step.do === 'skip' ? [[step.path, step] as const] : [])))
  const left = [...skipped.values()].map(({ path, file: { source, sizeBytes }, why }): UnsentFile => {
    return { path, source, sizeBytes, state: 'skipped', why }
  })
  const named = await nameUnsent(tx, ref, orgId, left)
  if (begun.size > 0) await begin(tx, ref, orgId, begun)
  for (const path of begun.keys()) {
    const before = known.get(path)?.objectKey
    if (before) await dropObject(tx, before)
  }
  if (begun.size > 0 || named > 0) await uploadsMoved(tx, ref)
}

async function begin(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  orgId: OrgId,
  files: Map<string, WantedFile>,
) {
  const rows = []
  for (const [path, { source, sizeBytes, sha256, partSha256 }] of files) {
    rows.push({
      ...{ id: newId('art'), orgId, jobId, attempt, path, source, sizeBytes, sha256 },
      partSha256: partSha256 ? JSON.stringify(partSha256) : null,
      state: 'uploading' as const,
      contentType: contentTypeOf(path),
      objectKey: await reserveObject(tx, orgId, `artifacts/${jobId}/${attempt}`),
    })
  }
  await tx
    .insertInto('artifacts')
    .values(rows)
    .onConflict((oc) =>
      oc.columns(['jobId', 'attempt', 'path']).doUpdateSet((eb) => ({
        source: eb.ref('excluded.source'),
        state: 'uploading' as const,
        sizeBytes: eb.ref('excluded.sizeBytes'),
        sentBytes: 0,
        sha256: eb.ref('excluded.sha256'),
        partSha256: eb.ref('excluded.partSha256'),
        objectKey: eb.ref('excluded.objectKey'),
        why: null,
        uploadedAt: null,
      })),
    )
    .execute()
}
