import type { FolderFile } from './folder'
import { ZipTooLarge, zipFiles } from './zip-files'

/** What the page asks of the thread that zips, and what it hears of it. */
export type ZipRequest = { files: FolderFile[]; maxBytes: number }
export type ZipAnswer =
  | { kind: 'progress'; readBytes: number }
  | { kind: 'done'; zip: Blob }
  | { kind: 'too_large' }
  | { kind: 'failed'; message: string }

const TELL_EVERY_MS = 100

const tell = (answer: ZipAnswer) => self.postMessage(answer)

self.onmessage = async ({ data: { files, maxBytes } }: MessageEvent<ZipRequest>) => {
  let toldAt = 0
  try {
    const zip = await zipFiles(files, maxBytes, (readBytes) => {
      if (performance.now() - toldAt < TELL_EVERY_MS) return
      toldAt = performance.now()
      tell({ kind: 'progress', readBytes })
    })
    tell({ kind: 'done', zip })
  } catch (error) {
    if (error instanceof ZipTooLarge) tell({ kind: 'too_large' })
    else tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}
