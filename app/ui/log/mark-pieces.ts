import type { AnsiPiece } from './ansi'

/** A piece of a line, and whether it is what was searched for. */
export type MarkedPiece = AnsiPiece & { hit?: true }

/** What finds a text wherever it stands, capitals or not unless `matchCase`. */
export function hitPattern(text: string, matchCase: boolean): RegExp | null {
  if (text === '') return null
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), matchCase ? 'gu' : 'giu')
}

/** Cuts pieces where a hit begins or ends. A hit may go over several of them, since colours change inside words. */
export function markPieces(pieces: readonly AnsiPiece[], pattern: RegExp | null): MarkedPiece[] {
  if (!pattern) return [...pieces]
  const line = pieces.map(({ text }) => text).join('')
  const cuts = [...line.matchAll(pattern)].flatMap(({ index, 0: { length } }) => [index, index + length])
  if (cuts.length === 0) return [...pieces]
  const marked: MarkedPiece[] = []
  let at = 0
  let cut = 0
  for (const piece of pieces) {
    const end = at + piece.text.length
    for (let from = at; from < end; ) {
      while (cut < cuts.length && (cuts[cut] ?? 0) <= from) cut++
      const to = Math.min(cuts[cut] ?? end, end)
      const isHit = cut % 2 === 1
      marked.push({ ...piece, text: piece.text.slice(from - at, to - at), ...(isHit && { hit: true as const }) })
      from = to
    }
    at = end
  }
  return marked
}
