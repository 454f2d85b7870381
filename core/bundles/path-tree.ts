import { shown } from './entry-name'

type Node = { path: string; kind: 'file' | 'folder' | 'implied folder'; below: Map<string, Node> }

/** Names that differ only in case, or in how Unicode writes a letter, are one name on many file systems. */
const fold = (part: string) => part.normalize('NFC').toLowerCase().normalize('NFC')

/** The files and folders of a bundle, to find what would be in each other's way wherever it is unpacked. */
export class PathTree {
  private readonly root: Node = { path: '', kind: 'folder', below: new Map() }

  /** Adds an entry. @returns what is wrong with it; undefined when nothing is */
  add(parts: string[], kind: 'file' | 'folder'): string | undefined {
    let at = this.root
    for (const [index, part] of parts.entries()) {
      const path = parts.slice(0, index + 1).join('/')
      const isLast = index === parts.length - 1
      const found = at.below.get(fold(part))
      const problem = found && conflict(found, path, isLast ? kind : 'implied folder')
      if (problem) return problem
      const node = found ?? { path, kind: isLast ? kind : ('implied folder' as const), below: new Map() }
      if (isLast) node.kind = kind
      at.below.set(fold(part), node)
      at = node
    }
    return undefined
  }
}

function conflict(found: Node, path: string, kind: Node['kind']): string | undefined {
  if (found.path !== path)
    return `differs from ${shown(found.path)} only in upper and lower case or accents; rename one`
  if (found.kind === 'file' && kind === 'file') return 'stands in it twice; remove one'
  if (found.kind === 'file' || kind === 'file') return `is in the way: ${shown(path)} is both a file and a folder`
  if (found.kind === 'folder' && kind === 'folder') return 'stands in it twice; remove one'
  return undefined
}
