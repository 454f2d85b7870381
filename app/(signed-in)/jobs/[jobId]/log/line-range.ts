/** Lines that somebody points at, first to last. */
export type LineRange = { first: number; last: number }

const HASH = /^#L([1-9]\d{0,8})(?:-L?([1-9]\d{0,8}))?$/

/** The lines of a fragment (`#L120`, `#L120-L140`), whichever way round; null when it names none. */
export function readLineRange(hash: string): LineRange | null {
  const [, from, to = from] = HASH.exec(hash) ?? []
  if (from === undefined) return null
  const ends = [Number(from), Number(to)]
  return { first: Math.min(...ends), last: Math.max(...ends) }
}

/** The fragment that names the lines. */
export function lineHash({ first, last }: LineRange): string {
  return first === last ? `#L${first}` : `#L${first}-L${last}`
}

/** What is chosen by a click on line `n`: that line, or with shift all from the first one chosen before to it. */
export function pickLine(before: LineRange | null, n: number, extend: boolean): LineRange {
  if (!extend || !before) return { first: n, last: n }
  return n < before.first ? { first: n, last: before.last } : { first: before.first, last: n }
}
