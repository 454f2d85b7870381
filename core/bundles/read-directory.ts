import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl'
import { DomainError, Invalid } from '../errors'
import { partsOf, shown } from './entry-name'
import { BUNDLE_LIMITS } from './limits'
import { PathTree } from './path-tree'
import { BlockReader, type ZipSource } from './zip-source'

/** A zip whose directory was found good; what the entries hold was not looked at. */
export type Directory = { zip: ZipFile; reader: BlockReader; entries: Entry[]; files: Set<string> }

const { unpackedBytes, ratio, ratioFromBytes } = BUNDLE_LIMITS
const STORED = 0
export const DEFLATED = 8
const ENCRYPTED = 0x2041
const FILE_TYPE = 0o170000
const FOLDER = 0o040000
const FILE = 0o100000

/** What is wrong with a bundle, as callers get it. */
export function badBundle(message: string): Invalid {
  return new Invalid([{ path: 'bundle', message }])
}

/**
 * Reads the directory of a zip and checks all that it says.
 * @throws Invalid naming the entry and what to do; what `source` throws
 */
export async function readDirectory(source: ZipSource): Promise<Directory> {
  try {
    const options = { autoClose: false, decodeStrings: false }
    const reader = new BlockReader(source)
    const zip = await fromRandomAccessReaderPromise(reader, source.sizeBytes, options)
    return { zip, reader, ...(await checkEntries(zip, source.sizeBytes)) }
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw badBundle(
      `is not a zip that can be read (${error instanceof Error ? error.message : error}); zip the files again`,
    )
  }
}

async function checkEntries(zip: ZipFile, sizeBytes: number): Promise<Pick<Directory, 'entries' | 'files'>> {
  if (zip.entryCount > BUNDLE_LIMITS.entries) {
    throw badBundle(`has ${zip.entryCount} entries; at most ${BUNDLE_LIMITS.entries} are taken`)
  }
  if (zip.entryCount === 0) throw badBundle('is empty')
  const [entries, files, tree] = [[] as Entry[], new Set<string>(), new PathTree()]
  let total = 0
  for await (const entry of zip.eachEntry()) {
    const parts = partsOf(entry)
    if ('problem' in parts) throw badBundle(`The entry ${shown(entry.fileNameRaw)} ${parts.problem}.`)
    const isFolder = entry.fileNameRaw.at(-1) === 0x2f
    const problem = problemOf(entry, isFolder) ?? tree.add(parts, isFolder ? 'folder' : 'file')
    if (problem) throw badBundle(`The entry ${shown(parts.join('/'))} ${problem}.`)
    total += entry.uncompressedSize
    if (total > unpackedBytes) throw badBundle(`is larger than ${unpackedBytes} bytes when it is unpacked`)
    entries.push(entry)
    if (!isFolder) files.add(parts.join('/'))
  }
  if (isBomb(total, sizeBytes)) throw badBundle(`unpacks to more than ${ratio} times its size`)
  return { entries, files }
}

const isBomb = (unpacked: number, zipped: number) => unpacked > ratioFromBytes && unpacked > ratio * zipped

function problemOf(entry: Entry, isFolder: boolean): string | undefined {
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE
  if (type !== 0 && type !== (isFolder ? FOLDER : FILE))
    return 'is a link, a device or the like; only files and folders are taken'
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) return 'is encrypted; zip it without a password'
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    return `is compressed by method ${entry.compressionMethod}; only deflate and stored are taken`
  }
  if (isFolder && entry.uncompressedSize > 0) return 'is a folder with content'
  if (isBomb(entry.uncompressedSize, entry.compressedSize)) return `unpacks to more than ${ratio} times its size`
  return undefined
}
