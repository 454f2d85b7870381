import type { Artifact, ArtifactSource } from '../../db/schema'
import { readPath } from './artifact-path'
import type { ArtifactLimits } from './limits'

/** A file that a supervisor wants to send. */
export type WantedFile = {
  path: string
  source: ArtifactSource
  sizeBytes: number
  sha256: string
  /** Of its parts, for a file that travels in parts. */
  partSha256?: string[] | undefined
}
/** What an attempt keeps or is about to. */
export type Taken = { files: number; sizeBytes: number }
/** What is known of a path. */
export type Known = Pick<Artifact, 'path' | 'state' | 'sizeBytes' | 'sha256'>

/** `same`: nothing to write down. */
export type Step =
  | { path: string; do: 'same' }
  | { path: string; do: 'begin'; file: WantedFile }
  | { path: string; do: 'skip'; file: WantedFile; why: string }

/**
 * Decides what becomes of each file, in their order: the first of two alike counts, and limits cut those that come last.
 * @param known what is known of their paths
 * @param taken by all files of the attempt, these included
 */
export function planUploads(
  files: readonly WantedFile[],
  known: ReadonlyMap<string, Known>,
  taken: Taken,
  limits: ArtifactLimits,
): Step[] {
  let { files: count, sizeBytes } = taken
  const steps = new Map<string, Step>()
  return files.map((file) => {
    const { path, problem } = readPath(file.path)
    const before = known.get(path)
    const again = steps.get(path)
    if (again) return again.do === 'skip' ? again : { path, do: 'same' }
    const holds = before !== undefined && isHeld(before)
    const step = ((): Step => {
      if (holds && (problem !== undefined || isSame(before, file))) return { path, do: 'same' }
      if (holds) {
        count -= 1
        sizeBytes -= before.sizeBytes ?? 0
      }
      const why = problem ?? beyond(file, { files: count, sizeBytes }, limits)
      if (why !== undefined) return { path, do: 'skip', file, why }
      count += 1
      sizeBytes += file.sizeBytes
      return { path, do: 'begin', file }
    })()
    steps.set(path, step)
    return step
  })
}

const isHeld = ({ state }: Known) => state === 'uploading' || state === 'uploaded'
const isSame = (known: Known, file: WantedFile) => known.sha256 === file.sha256 && known.sizeBytes === file.sizeBytes

function beyond(file: WantedFile, taken: Taken, limits: ArtifactLimits): string | undefined {
  if (file.sizeBytes > limits.maxFileBytes) return `it is larger than ${limits.maxFileBytes} bytes`
  if (taken.files >= limits.maxFiles) return `there are ${limits.maxFiles} files already`
  if (taken.sizeBytes + file.sizeBytes > limits.maxTotalBytes) {
    return `with it there would be more than ${limits.maxTotalBytes} bytes`
  }
  return undefined
}
