import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry } from 'yauzl'
import { DomainError } from '../errors'
import { shown } from './entry-name'
import { badBundle, DEFLATED, type Directory, readDirectory } from './read-directory'
import type { ZipSource } from './zip-source'

/** Up to this size an entry is unpacked in one go: a stream each would make 20,000 small ones slow. */
const SMALL_BYTES = 262_144

/**
 * Checks a bundle through and through: its directory, and by reading each entry once that it is what the directory says. Nothing
 * is kept of it; the limits of the directory bound the work.
 * @returns how many entries it has
 * @throws Invalid naming the entry and what to do; what `source` throws
 */
export async function checkBundle(source: ZipSource): Promise<number> {
  const directory = await readDirectory(source)
  const inOrder = directory.entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)
  for (const entry of inOrder) await checkContent(directory, entry)
  return inOrder.length
}

async function checkContent(directory: Directory, entry: Entry): Promise<void> {
  try {
    const { fileName, fileDataStart } = await directory.zip.readLocalFileHeaderPromise(entry)
    if (!fileName.equals(entry.fileNameRaw)) throw new Error(`before its content stands the name ${shown(fileName)}`)
    const isSmall = Math.max(entry.compressedSize, entry.uncompressedSize) <= SMALL_BYTES
    const [size, sum] = isSmall ? await sumOf(directory, entry, fileDataStart) : await streamedSumOf(directory, entry)
    if (size !== entry.uncompressedSize) throw new Error(`it has ${size} bytes, not ${entry.uncompressedSize}`)
    if (sum !== entry.crc32) throw new Error('its checksum is another one')
  } catch (error) {
    if (error instanceof DomainError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw badBundle(
      `The entry ${shown(entry.fileNameRaw.toString())} is not what the zip says of it (${why}); zip it again.`,
    )
  }
}

/** Size and CRC-32 of what an entry holds. */
async function sumOf({ reader }: Directory, entry: Entry, start: number): Promise<[number, number]> {
  const zipped = await reader.bytes(start, start + entry.compressedSize)
  const content =
    entry.compressionMethod === DEFLATED ? inflateRawSync(zipped, { maxOutputLength: SMALL_BYTES + 1 }) : zipped
  return [content.length, crc32(content)]
}

async function streamedSumOf({ zip }: Directory, entry: Entry): Promise<[number, number]> {
  let [size, sum] = [0, 0]
  for await (const piece of await zip.openReadStreamPromise(entry)) {
    size += piece.length
    sum = crc32(piece, sum)
  }
  return [size, sum]
}

/** @throws Invalid when the bundle has no file of that name */
export async function requireEntry(source: ZipSource, entry: string): Promise<void> {
  const { files } = await readDirectory(source)
  if (files.has(entry)) return
  const somewhere = [...files].find((file) => file.endsWith(`/${entry}`))
  const hint = somewhere === undefined ? 'put it there' : `there is ${shown(somewhere)}: zip its folder's content`
  throw badBundle(`has no file ${shown(entry)}; ${hint}, or name the file to run by entry`)
}
