/** The oldest runtime whose answers Stout knows (box protocol). */
export const MIN_RUNTIME_VERSION = '0.38.0'

/** How a version of a runtime compares; `unknown` for one that can't be read, as of a runtime built by hand. */
export function judgeVersion(version: string): 'ok' | 'too_old' | 'unknown' {
  const given = read(version)
  const least = read(MIN_RUNTIME_VERSION)
  if (!given || !least) return 'unknown'
  for (const [index, part] of least.entries()) {
    const difference = (given[index] ?? 0) - part
    if (difference !== 0) return difference > 0 ? 'ok' : 'too_old'
  }
  return 'ok'
}

function read(version: string): number[] | undefined {
  const found = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:[-+.\s]|$)/.exec(version.trim())
  return found?.slice(1).map((part) => Number(part ?? 0))
}
