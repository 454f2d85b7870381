'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ArtifactView } from '../../../../../core/artifacts/artifact-view'
import type { JobId } from '../../../../../core/ids'
import { failureOf } from '../../../../data/failure'
import { useTRPC } from '../../../../data/trpc'
import { visibleText } from '../../../../ui/log/ansi'
import { Notice } from '../../../../ui/notice'
import { Skeleton } from '../../../../ui/skeleton'
import { TextPreview } from './text-preview'

/**
 * What is in a file, as far as it can be shown. Nothing of it acts here: texts (HTML and SVG too) become text nodes, images come
 * from the store's own origin into an `img`.
 */
export function ArtifactPreview({ jobId, artifact }: { jobId: JobId; artifact: ArtifactView }) {
  const trpc = useTRPC()
  // the URL of an image is good for a minute: a preview that is opened again asks again
  const preview = useQuery(
    trpc.artifacts.preview.queryOptions({ jobId, artifactId: artifact.id }, { staleTime: 0, gcTime: 0 }),
  )
  if (preview.error) return <Notice tone="bad">{failureOf(preview.error).message}</Notice>
  if (!preview.data) return <Skeleton rows={3} label="Loading the preview" />
  const { data } = preview
  if (data.kind === 'text') return <TextPreview path={artifact.path} text={data.text} truncated={data.truncated} />
  if (data.kind === 'image') return <ImagePreview url={data.url} name={visibleText(artifact.path)} />
  return <p className="text-xs text-muted">There is no preview of {artifact.contentType}; download it to look at it.</p>
}

function ImagePreview({ url, name }: { url: string; name: string }) {
  const [broken, setBroken] = useState(false)
  if (broken) return <Notice tone="warn">The image could not be loaded, or it is none.</Notice>
  return (
    <div className="overflow-auto rounded-md border border-line bg-sunken/50 p-2">
      {/* biome-ignore lint/performance/noImgElement: it lies in the object store, and is shown as it is */}
      <img
        src={url}
        alt={name}
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
        className="max-h-[70dvh] max-w-full bg-[repeating-conic-gradient(#8883_0_25%,transparent_0_50%)] bg-[length:16px_16px]"
      />
    </div>
  )
}
