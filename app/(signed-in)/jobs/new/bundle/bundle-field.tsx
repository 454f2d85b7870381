'use client'

import { type ChangeEvent, type DragEvent, useId, useRef, useState } from 'react'
import { Button } from '../../../../ui/button'
import { classes } from '../../../../ui/classes'
import { FieldError } from '../../../../ui/field'
import { formatBytes, formatCount } from '../../../../ui/format'
import { BundleStatus } from './bundle-status'
import type { BundleUpload } from './bundle-upload'
import type { BundleLimits } from './content'
import { EntryPoint, KeptEntryPoint } from './entry-point'
import { FileList } from './file-list'
import { fromDrop, fromFile, fromFolderInput } from './folder'

/** A folder or a zip for a job: picked or dropped, how far it is on its way, what is in it, and which file of it is run. */
export function BundleField({
  upload,
  limits,
  entry,
  onEntry,
  errors,
}: {
  upload: BundleUpload
  limits: BundleLimits
  /** The chosen file; '' for the one that suggests itself. */
  entry: string
  onEntry: (entry: string) => void
  errors: { bundle?: string | undefined; entry?: string | undefined }
}) {
  const { content, state } = upload
  const most = `At most ${formatBytes(limits.zippedBytes)} zipped, ${formatBytes(limits.unpackedBytes)} and ${formatCount(limits.entries)} files unpacked`
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="mb-1 font-medium">Bundle</legend>
      <DropZone upload={upload} limits={limits} error={errors.bundle} most={most} />
      {state.phase !== 'none' && <BundleStatus upload={upload} />}
      {state.phase === 'ready' && !content && <KeptEntryPoint entry={entry} onEntry={onEntry} error={errors.entry} />}
      {content && content.files.length > 0 && (
        <>
          <FileList files={content.files} />
          <EntryPoint files={content.files} entry={entry} onEntry={onEntry} error={errors.entry} />
        </>
      )}
    </fieldset>
  )
}

function DropZone({
  upload,
  limits,
  error,
  most,
}: {
  upload: BundleUpload
  limits: BundleLimits
  error: string | undefined
  most: string
}) {
  const id = useId()
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    if (event.dataTransfer.items.length > 0) upload.take(fromDrop(event.dataTransfer, limits.entries))
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a drop is a shortcut for those with a mouse; the buttons do the same
    <div
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={classes(
        'flex flex-col items-center gap-3 rounded-md border-2 border-dashed px-4 py-6 text-center',
        over ? 'border-accent bg-accent/10' : error ? 'border-bad' : 'border-line-strong/50',
      )}
    >
      <p className="font-medium">Drop a folder or a zip here</p>
      <div className="flex flex-wrap justify-center gap-2">
        <PickButton
          label="Bundle folder"
          error={error && `${id}-error`}
          folder
          onPick={(files) => upload.take(fromFolderInput(files))}
        >
          Choose a folder …
        </PickButton>
        <PickButton label="Bundle zip" onPick={([file]) => file && upload.take(fromFile(file))}>
          Choose a zip …
        </PickButton>
      </div>
      <p className="text-xs text-muted">
        {most}. A folder is zipped here, in the browser. What a <code className="font-mono">requirements.txt</code> at
        its root names is installed before the start.
      </p>
      <FieldError id={`${id}-error`} error={error} />
    </div>
  )
}

function PickButton({
  label,
  folder = false,
  error,
  onPick,
  children,
}: {
  label: string
  folder?: boolean
  /** Id of what says what is wrong with the bundle. */
  error?: string | undefined
  onPick: (files: File[]) => void
  children: string
}) {
  const input = useRef<HTMLInputElement>(null)
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const files = Array.from(target.files ?? [])
    target.value = ''
    if (files.length > 0) onPick(files)
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        aria-label={label}
        hidden
        {...(folder ? { webkitdirectory: '' } : { accept: '.zip,application/zip' })}
        onChange={choose}
      />
      <Button
        {...(error && { 'aria-invalid': true, 'aria-describedby': error })}
        onClick={() => input.current?.click()}
      >
        {children}
      </Button>
    </>
  )
}
