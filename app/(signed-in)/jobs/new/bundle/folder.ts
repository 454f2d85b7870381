/** A file on its way into a bundle. `path` is relative to the bundle's root, with `/`. */
export type FolderFile = { path: string; file: File }

/** What was picked or dropped: a zip as it is, or files that are zipped here. */
export type Picked =
  | { kind: 'zip'; name: string; file: File }
  | { kind: 'folder'; name: string; files: FolderFile[]; leftOut: string[] }

/** Folders that a job has no use for, and that can be larger than all the rest. */
const LEFT_OUT = new Set(['.git', '__pycache__', 'node_modules'])

/** The files of a folder that was chosen in a file dialog: the browser lists everything below it. */
export function fromFolderInput(list: Iterable<File>): Picked {
  const all = Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }))
  const name = all[0]?.path.split('/')[0] ?? ''
  const leftOut = new Set<string>()
  const files = all.flatMap(({ path, file }) => {
    const inner = path.split('/').slice(1)
    const unwanted = inner.slice(0, -1).find((part) => LEFT_OUT.has(part))
    if (unwanted !== undefined) leftOut.add(unwanted)
    return unwanted === undefined ? [{ path: inner.join('/'), file }] : []
  })
  return { kind: 'folder', name, files, leftOut: [...leftOut].sort() }
}

/** A zip, or a single file that becomes a bundle of one. */
export function fromFile(file: File): Picked {
  if (isZipName(file.name)) return { kind: 'zip', name: file.name, file }
  return { kind: 'folder', name: file.name, files: [{ path: file.name, file }], leftOut: [] }
}

/** True if what is dropped is more than the text of one script: a folder, a zip, or several files. */
export function isBundle(transfer: DataTransfer): boolean {
  const entries = entriesOf(transfer)
  return entries.length > 1 || entries.some((entry) => entry.isDirectory || isZipName(entry.name))
}

/**
 * What was dropped. Must be called while the drop is handled, since the browser forgets it afterwards; it reads on by itself.
 * Of a single folder the content is taken, of several things each under its name.
 * @param maxEntries more than this many files are not looked for
 */
export async function fromDrop(transfer: DataTransfer, maxEntries: number): Promise<Picked> {
  const entries = entriesOf(transfer)
  const [only] = entries
  if (!only) throw new Error('There was no file in what was dropped.')
  if (entries.length === 1 && isFile(only)) return fromFile(await fileOf(only))
  const found: Found = { files: [], leftOut: new Set(), maxEntries }
  if (entries.length === 1 && isDirectory(only)) await walk(only, '', found)
  else for (const entry of entries) await visit(entry, '', found)
  const name = entries.length === 1 ? only.name : `${only.name} and ${entries.length - 1} more`
  return { kind: 'folder', name, files: found.files, leftOut: [...found.leftOut].sort() }
}

type Found = { files: FolderFile[]; leftOut: Set<string>; maxEntries: number }

async function walk(directory: FileSystemDirectoryEntry, prefix: string, found: Found): Promise<void> {
  const reader = directory.createReader()
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)) // ≤ 100
    if (batch.length === 0) return
    for (const entry of batch) await visit(entry, prefix, found)
  }
}

async function visit(entry: FileSystemEntry, prefix: string, found: Found): Promise<void> {
  if (found.files.length > found.maxEntries) return
  const path = `${prefix}${entry.name}`
  if (isFile(entry)) found.files.push({ path, file: await fileOf(entry) })
  else if (LEFT_OUT.has(entry.name)) found.leftOut.add(entry.name)
  else if (isDirectory(entry)) await walk(entry, `${path}/`, found)
}

function entriesOf({ items }: DataTransfer): FileSystemEntry[] {
  return Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function isZipName(name: string): boolean {
  return name.toLowerCase().endsWith('.zip')
}
