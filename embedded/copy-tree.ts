import { cpSync, readdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'

/**
 * Copies a folder. Links in it lead to the same things as before, by relative paths: what it lies in may be moved as a whole.
 * @param take false leaves out what has this path, and everything below it
 */
export function copyTree(from: string, to: string, take: (source: string) => boolean = () => true): void {
  cpSync(from, to, { recursive: true, filter: take }) // makes links absolute
  const root = realpathSync(to)
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue
    const link = path.join(entry.parentPath, entry.name)
    const target = path.relative(entry.parentPath, path.resolve(entry.parentPath, readlinkSync(link)))
    rmSync(link)
    symlinkSync(target, link)
  }
}
