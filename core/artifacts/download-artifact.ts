import type { Ctx } from '../context'
import type { ArtifactId, JobId } from '../ids'
import { askStore } from '../store/ask-store'
import { lookAtObject } from '../store/look-at-object'
import { lost } from '../store/open-object'
import { presignGet, presignHead } from '../store/presign'
import type { Store } from '../store/store'
import { presentation } from './presentation'
import { visibleArtifact } from './visible-artifact'

/**
 * Where the caller may download a file within a minute, from the store itself, which also serves ranges of it.
 * @param how.inline show it where its type is harmless, rather than save it
 * @param how.head for a HEAD request: a signature is good for one method
 * @throws NotFound; DomainError `conflict` while it is uploading, `gone` when the store lost it; StoreAway
 */
export async function downloadArtifact(
  ctx: Ctx,
  store: Store,
  { jobId, artifactId }: { jobId: JobId; artifactId: ArtifactId },
  how: { inline?: boolean; head?: boolean } = {},
): Promise<string> {
  const artifact = await visibleArtifact(ctx, jobId, artifactId)
  if (!(await lookAtObject(store, artifact.objectKey))) throw lost()
  const sign = how.head ? presignHead : presignGet
  return await askStore(sign(store, artifact.objectKey, presentation(artifact, how.inline)))
}
