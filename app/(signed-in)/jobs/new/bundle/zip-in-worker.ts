import type { FolderFile } from './folder'
import { ZipTooLarge } from './zip-files'
import type { ZipAnswer, ZipRequest } from './zip-worker'

/** Like `zipFiles`, in a thread of its own: the page stays responsive however large the folder is. */
export function zipInWorker(
  files: FolderFile[],
  maxBytes: number,
  onProgress: (readBytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const worker = new Worker(new URL('./zip-worker.ts', import.meta.url), { type: 'module' })
  const zipped = new Promise<Blob>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    worker.onerror = () => reject(new Error('The browser could not start zipping; reload the page and try again.'))
    worker.onmessage = ({ data }: MessageEvent<ZipAnswer>) => {
      if (data.kind === 'progress') onProgress(data.readBytes)
      else if (data.kind === 'done') resolve(data.zip)
      else reject(data.kind === 'too_large' ? new ZipTooLarge() : new Error(data.message))
    }
  })
  worker.postMessage({ files, maxBytes } satisfies ZipRequest)
  return zipped.finally(() => worker.terminate())
}
