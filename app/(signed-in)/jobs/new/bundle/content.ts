import { formatBytes, formatCount } from '../../../../ui/format'

/** A file of a bundle as it is listed. */
export type ListedFile = { path: string; sizeBytes: number }

/** What a bundle may measure. The server holds it to the same limits; here they save an upload that it would refuse. */
export type BundleLimits = { zippedBytes: number; unpackedBytes: number; entries: number }

/** Why these files can be no bundle, in words; undefined when they can. */
export function tooMuch(files: readonly ListedFile[], limits: BundleLimits): string | undefined {
  if (files.length === 0) return 'There is no file in it.'
  if (files.length > limits.entries) return `It has more than ${formatCount(limits.entries)} files.`
  const sizeBytes = sizeOf(files)
  if (sizeBytes > limits.unpackedBytes) {
    return `It has ${formatBytes(sizeBytes)} of files; at most ${formatBytes(limits.unpackedBytes)} fit.`
  }
  return undefined
}

/** Why a zip of this size is refused, in words. */
export function tooLarge(limits: BundleLimits, zippedBytes?: number): string {
  const size = zippedBytes === undefined ? `more than ${formatBytes(limits.zippedBytes)}` : formatBytes(zippedBytes)
  return `Zipped it has ${size}; at most ${formatBytes(limits.zippedBytes)} fit.`
}

export function sizeOf(files: readonly ListedFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** The files that can be run: those that stand highest come first. */
export function pythonFiles(files: readonly ListedFile[]): string[] {
  const depth = (path: string) => path.split('/').length
  return files
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.py'))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}

/** The file that is run: the chosen one while it is there, else `main.py`, else the only one; '' when one must be chosen. */
export function entryOf(chosen: string, files: readonly ListedFile[]): string {
  const candidates = pythonFiles(files)
  if (candidates.includes(chosen)) return chosen
  if (candidates.includes('main.py')) return 'main.py'
  return candidates.length === 1 ? (candidates[0] ?? '') : ''
}
