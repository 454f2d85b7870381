import type { ArtifactView } from '../../../../../core/artifacts/artifact-view'
import { formatBytes, formatCount, formatCountOf } from '../../../../ui/format'

/** What is known of all files of an attempt, however few of them are listed. `totalBytes` counts those that are uploaded. */
type Sums = { counts: Record<ArtifactView['state'], number>; totalBytes: number }
type Listed = Pick<ArtifactView, 'state' | 'sizeBytes' | 'sentBytes'>

/** How many files there are of each state, and how far those under way have come: in bytes, or in files where not all are listed. */
export type ArtifactProgress = Sums['counts'] & { unit: 'bytes' | 'files'; done: number; all: number }

export function progressOf({ counts, totalBytes }: Sums, listed: readonly Listed[]): ArtifactProgress {
  const underWay = listed.filter(({ state }) => state === 'uploading')
  if (underWay.length !== counts.uploading) {
    return { ...counts, unit: 'files', done: counts.uploaded, all: counts.uploaded + counts.uploading }
  }
  const sum = (sizeOf: (file: Listed) => number) => underWay.reduce((bytes, file) => bytes + sizeOf(file), totalBytes)
  const done = sum(({ sentBytes, sizeBytes }) => Math.min(sentBytes, sizeBytes ?? 0))
  return { ...counts, unit: 'bytes', done, all: sum(({ sizeBytes }) => sizeBytes ?? 0) }
}

/** `3 of 7 files, 1.2 MB of 4 MB` while files are on their way, `7 files, 4 MB` when they are there; what is missing after it. */
export function progressText({ uploading, uploaded, skipped, failed, unit, done, all }: ArtifactProgress): string {
  const files = formatCountOf(uploading + uploaded, 'file')
  const kept =
    uploading > 0
      ? [`${formatCount(uploaded)} of ${files}`, unit === 'bytes' && `${formatBytes(done)} of ${formatBytes(all)}`]
      : [uploaded > 0 && files, uploaded > 0 && formatBytes(all)]
  const missing = [skipped > 0 && `${formatCount(skipped)} left out`, failed > 0 && `${formatCount(failed)} not kept`]
  return [kept.filter(Boolean).join(', '), ...missing].filter(Boolean).join('; ')
}
