import { z } from 'zod'
import type { ArtifactId } from '../../core/ids'
import { text } from './messages'

const FILES_A_MESSAGE = 100
const sizeBytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex')
const source = z.enum(['artifacts', 'glob', 'lager'])
const id = z.string().regex(/^art_[0-9a-z]{1,80}$/, 'must be the id of an artifact')
const artifactId = id.transform((value) => value as ArtifactId)
/** Whatever a file can be called; core/artifacts/artifact-path.ts says which ones are kept. */
const path = z.string().max(8_192)
const files = <T extends z.ZodType>(file: T) => z.object({ files: z.array(file).min(1).max(FILES_A_MESSAGE) })

export const uploadsMessage = files(
  z.object({ path, source, sizeBytes, sha256, partSha256: z.array(sha256).max(10_000).optional() }),
)

export const uploadedMessage = files(
  z.object({
    artifactId,
    parts: z
      .array(z.object({ number: z.number().int().min(1).max(10_000), etag: z.string().min(1).max(200) }))
      .max(10_000)
      .optional(),
  }),
)

export const skippedMessage = files(
  z.object({ path, source, sizeBytes: sizeBytes.nullable(), state: z.enum(['skipped', 'failed']), why: text(1_000) }),
)

export const progressMessage = z.object({ sentBytes: z.record(id, sizeBytes) })
