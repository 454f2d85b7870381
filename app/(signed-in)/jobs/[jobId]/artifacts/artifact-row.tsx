'use client'

import { memo, type ReactNode, useId, useState } from 'react'
import type { ArtifactView } from '../../../../../core/artifacts/artifact-view'
import type { JobId } from '../../../../../core/ids'
import { Button, buttonClasses } from '../../../../ui/button'
import { CopyButton } from '../../../../ui/copy-button'
import { formatBytes } from '../../../../ui/format'
import { visibleText } from '../../../../ui/log/ansi'
import { Progress } from '../../../../ui/progress'
import { AbsoluteTime } from '../../../../ui/time'
import { ArtifactPreview } from './artifact-preview'

type Open = 'preview' | 'details' | null

/** A file that a job made: name, size, how it fares; below it, when asked for, a preview or what is known of it. */
export const ArtifactRow = memo(function ArtifactRow({ jobId, artifact }: { jobId: JobId; artifact: ArtifactView }) {
  const id = useId()
  const [open, setOpen] = useState<Open>(null)
  const { path, state, sizeBytes } = artifact
  const name = visibleText(path)
  const disclosure = (which: Open & string, label: string) => (
    <Button
      size="small"
      look="quiet"
      aria-expanded={open === which}
      aria-controls={`${id}-${which}`}
      aria-label={`${label} of ${name}`}
      onClick={() => setOpen(open === which ? null : which)}
      className="aria-expanded:bg-sunken aria-expanded:text-ink"
    >
      {label}
    </Button>
  )
  return (
    <li aria-label={name} className="px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-56">
          <p className="font-mono text-[0.8125rem] wrap-anywhere [unicode-bidi:isolate]">{name}</p>
          <StateLine artifact={artifact} />
        </div>
        <span className="shrink-0 text-xs text-muted">{sizeBytes === null ? '' : formatBytes(sizeBytes)}</span>
        <div className="flex shrink-0 gap-1">
          {state === 'uploaded' && disclosure('preview', 'Preview')}
          {disclosure('details', 'Details')}
          {state === 'uploaded' && (
            <a
              href={`/api/v1/jobs/${jobId}/artifacts/${artifact.id}`}
              download
              aria-label={`Download ${name}`}
              className={buttonClasses('plain', 'small')}
            >
              Download
            </a>
          )}
        </div>
      </div>
      {open !== null && (
        <div id={`${id}-${open}`} className="mt-2">
          {open === 'preview' ? <ArtifactPreview jobId={jobId} artifact={artifact} /> : <Details artifact={artifact} />}
        </div>
      )}
    </li>
  )
})

function StateLine({ artifact: { path, state, why, sizeBytes, sentBytes } }: { artifact: ArtifactView }) {
  if (state === 'uploaded') return null
  if (state === 'uploading') {
    return (
      <div className="mt-1.5 max-w-md">
        <Progress label={`Upload of ${visibleText(path)}`} done={sentBytes} all={sizeBytes ?? 0} />
      </div>
    )
  }
  return (
    <p className={`text-xs wrap-anywhere ${state === 'failed' ? 'font-medium text-bad' : 'text-warn'}`}>
      {state === 'failed' ? 'Not kept' : 'Left out'}
      {why !== null && `: ${visibleText(why)}`}
    </p>
  )
}

const SOURCES: Record<ArtifactView['source'], string> = {
  artifacts: 'Below $STOUT_ARTIFACTS',
  glob: 'By a pattern of the job',
  lager: "In Lager's output folders",
}

function Details({ artifact }: { artifact: ArtifactView }) {
  const { sha256, storageKey, contentType, source, uploadedAt, sizeBytes } = artifact
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 rounded-md border border-line bg-sunken/50 px-3 py-2 text-xs">
      {sha256 !== null && (
        <Detail name="SHA-256">
          <code className="font-mono select-all">{sha256}</code> <CopyButton text={sha256} what="SHA-256" />
        </Detail>
      )}
      {sizeBytes !== null && <Detail name="Size">{sizeBytes.toLocaleString('en-GB')} bytes</Detail>}
      <Detail name="Content type">{contentType}</Detail>
      <Detail name="Found">{SOURCES[source]}</Detail>
      {uploadedAt !== null && (
        <Detail name="Uploaded">
          <AbsoluteTime at={uploadedAt} />
        </Detail>
      )}
      {storageKey !== null && (
        <Detail name="Storage key">
          <code className="font-mono select-all">{storageKey}</code>
        </Detail>
      )}
    </dl>
  )
}

function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
