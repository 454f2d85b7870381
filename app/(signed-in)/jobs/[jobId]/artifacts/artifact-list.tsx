'use client'

import type { ArtifactView } from '../../../../../core/artifacts/artifact-view'
import type { JobId } from '../../../../../core/ids'
import { Button } from '../../../../ui/button'
import { ArtifactRow } from './artifact-row'

/** Artifacts one below the other. */
export function ArtifactList({
  jobId,
  artifacts,
  more,
  onMore,
  isReading,
}: {
  jobId: JobId
  artifacts: readonly ArtifactView[]
  /** There are more than these. */
  more: boolean
  onMore: () => void
  isReading: boolean
}) {
  return (
    <>
      <ul aria-label="Artifacts" className="divide-y divide-line">
        {artifacts.map((artifact) => (
          <ArtifactRow key={artifact.id} jobId={jobId} artifact={artifact} />
        ))}
      </ul>
      {more && (
        <div className="border-t border-line p-2 text-center">
          <Button size="small" look="quiet" disabled={isReading} onClick={onMore}>
            Show more artifacts
          </Button>
        </div>
      )}
    </>
  )
}
