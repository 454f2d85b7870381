import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fromBufferPromise, getFileNameLowLevel } from 'yauzl'
import { RequestError } from './replies'

/** Turns the name of an entry into a path that stays below the target: no root, no `..`. */
export function relativeEntryName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/')
}

/**
 * Unpacks a zip below `target`. Names cannot lead out of it; modes and symbolic links are not restored (a link becomes a
 * file that holds its destination), as with Python's own zipfile.
 *
 * @throws RequestError 500 when it is no zip
 */
export async function unzip(bytes: Buffer, target: string): Promise<void> {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false }).catch(() => {
    throw new RequestError(500, 'Internal server error: File is not a zip file')
  })
  const made = new Set([target])
  for await (const entry of zip.eachEntry()) {
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
    const path = join(target, relativeEntryName(name))
    const directory = name.endsWith('/') ? path : dirname(path)
    if (!made.has(directory)) await mkdir(directory, { recursive: true })
    made.add(directory)
    if (!name.endsWith('/')) await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path))
  }
}
