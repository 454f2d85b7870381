import type { Db } from '../../db/client'
import type { Artifact } from '../../db/schema'
import type { ArtifactId } from '../ids'
import { askStore } from '../store/ask-store'
import { uploadIdOf } from '../store/multipart'
import { presignPart, presignPut, type SignedUpload } from '../store/presign'
import type { Store } from '../store/store'

/** The requests that bring an artifact into the store: one, or one for each of its parts. */
export type SignedArtifact = { artifactId: ArtifactId; state: 'uploading' } & (
  | { put: SignedUpload }
  | { parts: (SignedUpload & { number: number })[] }
)

/**
 * Signs the uploads of artifacts that have been begun. Uploads in parts are begun in the store, so this is called outside of
 * transactions.
 * @throws StoreAway; DomainError `unavailable` when one of them began anew meanwhile
 */
export async function signUploads(
  db: Db,
  store: Store,
  artifacts: readonly Artifact[],
  partBytes: number,
): Promise<Map<ArtifactId, SignedArtifact>> {
  const signed = await Promise.all(
    artifacts.map(async (artifact) => [artifact.id, await sign(db, store, artifact, partBytes)] as const),
  )
  return new Map(signed)
}

async function sign(db: Db, store: Store, artifact: Artifact, partBytes: number): Promise<SignedArtifact> {
  const { id: artifactId, objectKey: key, sha256, sizeBytes, partSha256, contentType } = artifact
  if (key === null || sha256 === null || sizeBytes === null) throw new Error(`Artifact ${artifactId} has no object`)
  if (partSha256 === null) {
    const put = await askStore(presignPut(store, key, { sizeBytes, sha256, contentType }))
    return { artifactId, state: 'uploading', put }
  }
  const uploadId = await uploadIdOf(db, store, key, contentType)
  const parts = await Promise.all(
    partSha256.map(async (hash, index) => {
      const number = index + 1
      const size = Math.min(partBytes, sizeBytes - index * partBytes)
      return {
        number,
        ...(await askStore(presignPart(store, key, { uploadId, number, sizeBytes: size, sha256: hash }))),
      }
    }),
  )
  return { artifactId, state: 'uploading', parts }
}
