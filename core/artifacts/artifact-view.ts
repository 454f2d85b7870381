import { z } from 'zod'
import type { Artifact, ArtifactState } from '../../db/schema'

export const ARTIFACT_STATES = ['uploading', 'uploaded', 'skipped', 'failed'] as const satisfies ArtifactState[]

/** A file that a job made, as every reader gets it. */
export const artifactViewSchema = z
  .object({
    id: z.string(),
    attempt: z.number().int(),
    path: z.string().meta({ description: 'Relative, with /.' }),
    source: z.enum(['artifacts', 'glob', 'lager']).meta({
      description: "Where it was found: $STOUT_ARTIFACTS, a pattern of the job, or Lager's own output folders.",
    }),
    state: z.enum(ARTIFACT_STATES).meta({
      description: 'skipped: a limit or its nature kept it out. failed: it should have been kept; the job fails.',
    }),
    sizeBytes: z.number().int().nullable(),
    sentBytes: z.number().int().meta({ description: 'How much of it has been sent, while it is uploading.' }),
    sha256: z.string().nullable(),
    contentType: z.string().meta({ description: 'Guessed from its name.' }),
    storageKey: z.string().nullable().meta({ description: 'Its object in the store.' }),
    why: z.string().nullable().meta({ description: 'Why it was skipped or has failed.' }),
    createdAt: z.iso.datetime(),
    uploadedAt: z.iso.datetime().nullable(),
    url: z.string().nullable().meta({ description: 'Downloads it; null until it is uploaded.' }),
  })
  .meta({ id: 'Artifact' })
export type ArtifactView = z.infer<typeof artifactViewSchema>

export const artifactCountsSchema = z
  .object({
    uploading: z.number().int(),
    uploaded: z.number().int(),
    skipped: z.number().int(),
    failed: z.number().int(),
  })
  .meta({ id: 'ArtifactCounts', description: 'Files of the attempt, by state.' })

/** @param publicUrl where people reach Stout */
export function toArtifactView(artifact: Artifact, publicUrl: string): ArtifactView {
  const { id, jobId, attempt, path, source, state, sizeBytes, sentBytes, sha256, contentType, why } = artifact
  return {
    ...{ id, attempt, path, source, state, sizeBytes, sentBytes, sha256, contentType, why },
    storageKey: artifact.objectKey,
    createdAt: artifact.createdAt.toISOString(),
    uploadedAt: artifact.uploadedAt?.toISOString() ?? null,
    url: state === 'uploaded' ? `${publicUrl}/api/v1/jobs/${jobId}/artifacts/${id}` : null,
  }
}
