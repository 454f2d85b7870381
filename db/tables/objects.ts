import type { ColumnType, Generated } from 'kysely'
import type { ArtifactId, JobId, OrgId } from '../../core/ids'
import type { DefaultNow } from './column'

/** `skipped`: a limit or its nature kept it out, which the job survives. `failed`: it should have been kept. */
export type ArtifactState = 'uploading' | 'uploaded' | 'skipped' | 'failed'

/** Where it was found: $STOUT_ARTIFACTS, a pattern of the job, or Lager's own output folders. */
export type ArtifactSource = 'artifacts' | 'glob' | 'lager'

/** An object in the store. The row is there before the first byte, and keys are never used again. */
export interface StoredObjectsTable {
  key: string
  orgId: OrgId
  /** `kept`: something speaks of it. `deleting`: nothing may begin to. */
  state: Generated<'pending' | 'kept' | 'deleting'>
  /** Of a multipart upload that has not been completed. */
  uploadId: string | null
  createdAt: DefaultNow
  /** When the store last deleted it, in state `deleting`. */
  deletedAt: Date | null
}

export interface ArtifactsTable {
  id: ArtifactId
  orgId: OrgId
  jobId: JobId
  attempt: number
  /** Relative, with `/`. */
  path: string
  source: ArtifactSource
  state: ArtifactState
  sizeBytes: number | null
  sentBytes: Generated<number>
  sha256: string | null
  /** Of the parts of a multipart upload, in order. */
  partSha256: ColumnType<string[] | null, string | null | undefined, string | null>
  contentType: Generated<string>
  objectKey: string | null
  /** Why it was skipped or failed, for people. */
  why: string | null
  createdAt: DefaultNow
  uploadedAt: Date | null
}
