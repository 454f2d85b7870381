import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** A zip of these files, in this order. A name that ends with / is a folder. */
export async function aZip(
  files: Record<string, string | Buffer>,
  { compress = true, mode }: { compress?: boolean; mode?: number } = {},
): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name)
    else zip.addBuffer(Buffer.from(content), name, { compress, ...(mode !== undefined && { mode }) })
  }
  zip.end()
  return await buffer(zip.outputStream)
}
