import { z } from 'zod'
import type { Ctx } from '../context'
import type { ArtifactId, JobId } from '../ids'
import { openObject } from '../store/open-object'
import { presignGet } from '../store/presign'
import type { Store } from '../store/store'
import { isShownImage, presentation } from './presentation'
import { visibleArtifact } from './visible-artifact'

const TEXT_BYTES = 262_144
/** Not worth a look: they are no text, and no image that a page may show. */
const NEVER_TEXT = /^(image\/(?!svg)|audio\/|video\/|font\/|application\/(zip|gzip|pdf|wasm|x-7z|x-tar|x-bzip))/

export const previewSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('text'),
    /** For text nodes only: whatever it is, nobody runs it. */
    text: z.string(),
    truncated: z.boolean(),
    shownBytes: z.number().int(),
    sizeBytes: z.number().int(),
    contentType: z.string(),
  }),
  z.object({ kind: z.literal('image'), url: z.string(), contentType: z.string(), sizeBytes: z.number().int() }),
  z.object({ kind: z.literal('none'), contentType: z.string(), sizeBytes: z.number().int() }),
])
type Preview = z.infer<typeof previewSchema>

/**
 * What a page can show of a file: the first 256 KB of whatever is text, also under a name that says nothing; a URL of a minute for
 * an image; nothing of the rest.
 * @throws NotFound; DomainError `conflict` while it is uploading, `gone` when the store lost it; StoreAway
 */
export async function previewArtifact(
  ctx: Ctx,
  store: Store,
  { jobId, artifactId }: { jobId: JobId; artifactId: ArtifactId },
): Promise<Preview> {
  const artifact = await visibleArtifact(ctx, jobId, artifactId)
  const { contentType, sizeBytes, objectKey } = artifact
  if (isShownImage(contentType)) {
    const url = await presignGet(store, objectKey, presentation(artifact, true))
    return { kind: 'image', url, contentType, sizeBytes }
  }
  if (NEVER_TEXT.test(contentType)) return { kind: 'none', contentType, sizeBytes }
  const bytes = sizeBytes === 0 ? Buffer.alloc(0) : await firstBytes(store, objectKey)
  const text = textOf(bytes, bytes.length < sizeBytes)
  if (text === undefined) return { kind: 'none', contentType, sizeBytes }
  return { kind: 'text', text, truncated: bytes.length < sizeBytes, shownBytes: bytes.length, sizeBytes, contentType }
}

async function firstBytes(store: Store, key: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of await openObject(store, key, { firstBytes: TEXT_BYTES })) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The text, without the half of a character where it was cut; undefined for what is no text. */
function textOf(bytes: Buffer, cut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut })
  } catch {
    return undefined
  }
}
