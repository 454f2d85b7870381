import type { Env } from '../env'

/** What an attempt may keep. The supervisor is told at its claim, and nothing beyond is taken from it. */
export type ArtifactLimits = {
  maxFiles: number
  maxFileBytes: number
  maxTotalBytes: number
  /** A larger file travels in parts of this size. */
  partBytes: number
  /** Without progress for this long its uploads are given up. */
  uploadSeconds: number
}

/** In UTF-8: what ext4 and zip files take in a piece, with room. */
export const MAX_PATH_BYTES = 1_024
/** Files that were left out are named up to this many of each kind; the last one says that there were more. */
export const MAX_NAMED = 1_000

/** The limits that the environment sets. */
export function artifactLimits(env: Env): ArtifactLimits {
  return {
    maxFiles: env.ARTIFACT_MAX_FILES,
    maxFileBytes: env.ARTIFACT_MAX_FILE_BYTES,
    maxTotalBytes: env.ARTIFACT_MAX_TOTAL_BYTES,
    partBytes: env.ARTIFACT_PART_BYTES,
    uploadSeconds: env.UPLOAD_LIMIT_SECONDS,
  }
}
