'use client'

import { Suspense } from 'react'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { isTerminal } from '../../../../../core/jobs/state'
import { buttonClasses } from '../../../../ui/button'
import { Panel } from '../../../../ui/panel'
import { Progress } from '../../../../ui/progress'
import { Skeleton } from '../../../../ui/skeleton'
import { AttemptChoice } from '../attempts/attempt-choice'
import { useAttempt } from '../attempts/use-attempt'
import { ArtifactList } from './artifact-list'
import { progressOf, progressText } from './progress-of'
import { useArtifacts } from './use-artifacts'

/** The files that an attempt made: the one that the address names, else the current one. They come in while they are uploaded. */
export function ArtifactsPanel({ job }: { job: JobView }) {
  const [attempt, choose] = useAttempt(job)
  const choice = <AttemptChoice job={job} attempt={attempt} onChoose={choose} />
  if (attempt === 0) {
    return (
      <Panel title="Artifacts">
        <NoArtifacts job={job} attempt={0} />
      </Panel>
    )
  }
  return (
    <Suspense
      key={attempt}
      fallback={
        <Panel title="Artifacts" actions={choice}>
          <Skeleton rows={2} label="Loading the artifacts" />
        </Panel>
      }
    >
      <AttemptArtifacts job={job} attempt={attempt} choice={choice} />
    </Suspense>
  )
}

function AttemptArtifacts({ job, attempt, choice }: { job: JobView; attempt: number; choice: React.ReactNode }) {
  const { artifacts, sums, more, showMore, isReading } = useArtifacts(job, attempt)
  const progress = progressOf(sums, artifacts)
  return (
    <Panel
      title="Artifacts"
      actions={
        <>
          <span className="text-xs text-muted">{progressText(progress)}</span>
          <div className="ml-auto flex flex-wrap items-center gap-2">
            {choice}
            {progress.uploaded > 0 && (
              <a
                href={`/api/v1/jobs/${job.id}/artifacts.zip?attempt=${attempt}`}
                download
                className={buttonClasses('plain', 'small')}
              >
                Download all (zip)
              </a>
            )}
          </div>
        </>
      }
    >
      {progress.uploading > 0 && (
        <div className="px-4 pt-3">
          <Progress label="All artifacts" done={progress.done} all={progress.all} />
        </div>
      )}
      {artifacts.length === 0 ? (
        <NoArtifacts job={job} attempt={attempt} />
      ) : (
        <ArtifactList
          jobId={job.id as JobId}
          artifacts={artifacts}
          more={more}
          onMore={showMore}
          isReading={isReading}
        />
      )}
    </Panel>
  )
}

function NoArtifacts({ job, attempt }: { job: JobView; attempt: number }) {
  const isOver = isTerminal(job.state) && (attempt < job.attempt || job.attemptPhase === 'closed' || attempt === 0)
  return (
    <div className="flex flex-col gap-1 p-4 text-muted">
      <p>{isOver ? 'It left no files.' : 'No files yet.'}</p>
      <p className="text-xs">
        Whatever a script writes below the folder <code className="font-mono">$STOUT_ARTIFACTS</code> is kept here when
        it ends, and so are files that the job names by pattern.
      </p>
    </div>
  )
}
