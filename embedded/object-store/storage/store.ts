import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { Catalogue } from './catalogue'
import { DataFiles } from './data-files'

export type Limits = {
  /** Of one PUT or one part. S3 takes 5 GiB. */
  maxPutBytes: number
  /** Of every part but the last. S3 asks for 5 MiB. */
  minPartBytes: number
}
export const S3_LIMITS: Limits = { maxPutBytes: 5 * 1024 ** 3, minPartBytes: 5 * 1024 ** 2 }

export type Store = { catalogue: Catalogue; files: DataFiles; limits: Limits; now: () => Date }

/**
 * Opens the store that is kept in `dir` and removes what a kill in mid-write had left there.
 * @throws Error when another process has it open, or when there is data without a catalogue
 */
export function openStore(
  dir: string,
  options: { limits?: Limits; now?: () => Date; onError?: (error: unknown) => void } = {},
): Store {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = path.join(dir, 'catalogue.sqlite')
  // Without its catalogue every file would look like a leftover.
  if (!existsSync(file) && holdsData(path.join(dir, 'data')))
    throw new Error(
      `${dir} holds data, but its catalogue.sqlite is gone. Move the folder away to start with an empty one.`,
    )
  const catalogue = new Catalogue(file)
  const files = new DataFiles(dir, options.onError ?? (() => {}))
  files.removeAllBut(catalogue.files())
  return { catalogue, files, limits: options.limits ?? S3_LIMITS, now: options.now ?? (() => new Date()) }
}

function holdsData(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).some((folder) => readdirSync(path.join(dir, folder)).length > 0)
}
