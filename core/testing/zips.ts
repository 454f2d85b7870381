import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** Always the same, so that a zip has the same bytes at any time: tests look for names in them. */
const MTIME = { mtime: new Date(2026, 0, 1), forceDosTimestamp: true }

/** A zip of these files, in this order. A name that ends with / is a folder. */
export async function aZip(
  files: Record<string, string | Buffer>,
  { compress = true, mode }: { compress?: boolean; mode?: number } = {},
): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name, MTIME)
    else zip.addBuffer(Buffer.from(content), name, { ...MTIME, compress, ...(mode !== undefined && { mode }) })
  }
  zip.end()
  return await buffer(zip.outputStream)
}

/** The zip with every `from` in it (a name, in both of its headers) replaced by bytes of the same length. */
export function renamed(zip: Buffer, from: string, to: string | Buffer): Buffer {
  const [old, name] = [Buffer.from(from), Buffer.from(to)]
  if (old.length !== name.length) throw new Error('Only a name of the same length fits')
  const changed = Buffer.from(zip)
  for (let at = changed.indexOf(old); at >= 0; at = changed.indexOf(old, at + 1)) name.copy(changed, at)
  return changed
}

type Fields = {
  flags?: number
  method?: number
  crc?: number
  zippedBytes?: number
  unpackedBytes?: number
  attributes?: number
}
/** Where a field stands in the local and in the central header, and its size. */
const FIELDS: Record<keyof Fields, { local?: number; central: number; bytes: 2 | 4 }> = {
  flags: { local: 6, central: 8, bytes: 2 },
  method: { local: 8, central: 10, bytes: 2 },
  crc: { local: 14, central: 16, bytes: 4 },
  zippedBytes: { local: 18, central: 20, bytes: 4 },
  unpackedBytes: { local: 22, central: 24, bytes: 4 },
  attributes: { central: 38, bytes: 4 },
}
const LOCAL_NAME = 30
const CENTRAL_NAME = 46

/** The zip with other values in both headers of an entry. */
export function lying(zip: Buffer, name: string, fields: Fields): Buffer {
  const changed = Buffer.from(zip)
  const local = changed.indexOf(name) - LOCAL_NAME
  const central = changed.lastIndexOf(name) - CENTRAL_NAME
  for (const [field, value] of Object.entries(fields) as [keyof Fields, number][]) {
    const at = FIELDS[field]
    const write = (offset: number) =>
      at.bytes === 2 ? changed.writeUInt16LE(value, offset) : changed.writeUInt32LE(value, offset)
    if (at.local !== undefined) write(local + at.local)
    write(central + at.central)
  }
  return changed
}
