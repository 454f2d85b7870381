/** What a path may have on Linux and a zip must not: another separator, a drive, control characters. */
const UNSAFE = /[\\\p{Cc}]|(?<=^[A-Za-z]):/gu

/**
 * Names in a zip for paths, one each and none twice. Whoever unpacks it gets files below one folder, on any system; a file that
 * has the name of a folder gets a number.
 */
export function zipNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => path.replace(UNSAFE, '_'))
  const taken = new Set(names.flatMap(foldersOf))
  return names.map((name) => {
    let free = name
    for (let n = 2; taken.has(free); n++) free = `${name} (${n})`
    taken.add(free)
    return free
  })
}

function foldersOf(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}
