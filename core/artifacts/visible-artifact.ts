import type { Artifact } from '../../db/schema'
import type { Ctx } from '../context'
import { DomainError, NotFound } from '../errors'
import type { ArtifactId, JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'

/** An artifact whose bytes are in the store. */
export type KeptArtifact = Artifact & { objectKey: string; sizeBytes: number; uploadedAt: Date }

/**
 * A file that the caller may have.
 * @throws NotFound, also for one that was not kept and for another organisation's; DomainError `conflict` while it is uploading
 */
export async function visibleArtifact(ctx: Ctx, jobId: JobId, artifactId: ArtifactId): Promise<KeptArtifact> {
  await visibleJob(ctx.db, ctx, jobId)
  const artifact = await ctx.db
    .selectFrom('artifacts')
    .selectAll()
    .where('id', '=', artifactId)
    .where('jobId', '=', jobId)
    .executeTakeFirst()
  if (!artifact) throw new NotFound('artifact', artifactId)
  const { state, why, objectKey, sizeBytes, uploadedAt } = artifact
  if (state === 'uploading') throw new DomainError('conflict', 'The file is still being uploaded.')
  if (objectKey === null || sizeBytes === null || uploadedAt === null) {
    throw new DomainError('not_found', `The file was not kept: ${why}.`)
  }
  return { ...artifact, objectKey, sizeBytes, uploadedAt }
}
