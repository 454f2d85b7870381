import { unzipSync } from 'fflate'
import type { ListedFile } from './content'

/** The files that a zip says it has, from its directory; nothing is unpacked. @throws Error in words when it is no zip */
export function listZip(zip: Uint8Array): ListedFile[] {
  const files: ListedFile[] = []
  try {
    unzipSync(zip, {
      filter({ name, originalSize }) {
        if (!name.endsWith('/')) files.push({ path: name, sizeBytes: originalSize })
        return false
      },
    })
  } catch {
    throw new Error('It is not a zip, or it is damaged.')
  }
  return files
}
