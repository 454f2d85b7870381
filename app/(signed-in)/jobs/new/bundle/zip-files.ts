import { Zip, ZipDeflate } from 'fflate'
import type { FolderFile } from './folder'

/** The zip grew past its limit. */
export class ZipTooLarge extends Error {}

/** Each entry has this time, so that the same files make the same zip: what was uploaded before is recognised by its hash. */
const SAME_TIME = new Date(1980, 0, 1)
const PIECE_BYTES = 262_144

/**
 * Zips files, piece by piece as they are read, in the order of their paths.
 * @param onProgress told how many bytes of the files were read
 * @throws ZipTooLarge as soon as the zip has more than `maxBytes`; Error naming a file that cannot be read
 */
export async function zipFiles(
  files: readonly FolderFile[],
  maxBytes: number,
  onProgress: (readBytes: number) => void,
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let zippedBytes = 0
  let readBytes = 0
  const zip = new Zip((error, part) => {
    if (error) throw error
    parts.push(part as Uint8Array<ArrayBuffer>)
    zippedBytes += part.length
  })
  for (const { path, file } of inOrder(files)) {
    const entry = Object.assign(new ZipDeflate(path), { mtime: SAME_TIME })
    zip.add(entry)
    for await (const piece of piecesOf(path, file)) {
      entry.push(piece)
      readBytes += piece.length
      if (zippedBytes > maxBytes) throw new ZipTooLarge()
      onProgress(readBytes)
    }
    entry.push(new Uint8Array(), true)
  }
  zip.end()
  if (zippedBytes > maxBytes) throw new ZipTooLarge()
  return new Blob(parts, { type: 'application/zip' })
}

function inOrder(files: readonly FolderFile[]): FolderFile[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The bytes of a file in pieces of one size: the compressor's output depends on where its input is cut. */
async function* piecesOf(path: string, file: File): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < file.size; from += PIECE_BYTES) {
    const piece = file.slice(from, from + PIECE_BYTES).arrayBuffer()
    yield new Uint8Array(
      await piece.catch((cause: unknown) => {
        throw new Error(`${path} cannot be read; was it changed or removed meanwhile?`, { cause })
      }),
    )
  }
}
