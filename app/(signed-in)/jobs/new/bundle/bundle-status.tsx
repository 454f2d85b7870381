'use client'

import { Button } from '../../../../ui/button'
import { formatBytes, formatCountOf } from '../../../../ui/format'
import { Progress } from '../../../../ui/progress'
import type { BundleState, BundleUpload } from './bundle-upload'
import { sizeOf } from './content'

/** How far a bundle is on its way, what was left out of it, and what can be done about it. */
export function BundleStatus({ upload }: { upload: BundleUpload }) {
  const { state, content } = upload
  const isUnderWay = !['ready', 'failed', 'none'].includes(state.phase)
  return (
    <section aria-label="Upload" className="flex flex-col gap-2 rounded-md border border-line bg-sunken/50 px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          {content && (
            <p className="font-medium wrap-anywhere">
              {content.name}
              <span className="ml-2 font-normal text-muted">
                {formatCountOf(content.files.length, 'file')}, {formatBytes(sizeOf(content.files))}
              </span>
            </p>
          )}
          <StateText state={state} />
        </div>
        <div className="flex gap-2">
          {state.phase === 'failed' && state.canRetry && (
            <Button size="small" onClick={() => upload.retry()}>
              Upload again
            </Button>
          )}
          {isUnderWay ? (
            <Button size="small" onClick={() => upload.cancel()}>
              Cancel upload
            </Button>
          ) : (
            <Button size="small" look="quiet" onClick={() => upload.clear()}>
              Remove bundle
            </Button>
          )}
        </div>
      </div>
      {(state.phase === 'zipping' || state.phase === 'sending') && (
        <Progress
          label={state.phase === 'zipping' ? 'Zipping' : 'Uploading'}
          done={state.doneBytes}
          all={state.allBytes}
        />
      )}
      {content && content.leftOut.length > 0 && (
        <p className="text-xs text-muted">Left out: {content.leftOut.join(', ')}</p>
      )}
    </section>
  )
}

function StateText({ state }: { state: BundleState }) {
  if (state.phase === 'failed') {
    return (
      <ul role="alert" className="font-medium text-bad wrap-anywhere">
        {state.messages.map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    )
  }
  return (
    <p role="status" aria-label="Bundle" className={state.phase === 'ready' ? 'text-good' : 'text-muted'}>
      {textOf(state)}
    </p>
  )
}

/** Sizes stand beside the bar only, where nobody reads each step aloud. */
function textOf(state: BundleState): string {
  switch (state.phase) {
    case 'gathering':
      return 'Reading the folder …'
    case 'zipping':
      return 'Zipping …'
    case 'checking':
      return 'Comparing with what Stout has …'
    case 'sending':
      return `Uploading ${formatBytes(state.allBytes)} …`
    case 'ready': {
      const { sizeBytes, sha256 } = state.bundle
      const what = `${formatBytes(sizeBytes)}, SHA-256 ${sha256.slice(0, 12)}…`
      return state.known ? `Ready: Stout has it already (${what}).` : `Ready: uploaded (${what}).`
    }
    default:
      return ''
  }
}
