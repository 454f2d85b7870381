/** One call of the server's search: lines that have the text, from a line on or, backwards, to lines before it. */
type Find = (
  range: { from: number; limit: number; backwards: '0' | '1' },
  signal: AbortSignal,
) => Promise<{ lines: number[]; nextFrom: number; lineCount: number }>

/**
 * The first line with the text from line `from` on, or before it when `step` is -1, wherever in the log; null when there is none. Asks as often as it
 * takes.
 * @throws what `find` throws, also when it is aborted
 */
export async function seekHit(find: Find, from: number, step: 1 | -1, signal: AbortSignal): Promise<number | null> {
  for (let next = from; next > 0; ) {
    const backwards = step === -1 ? '1' : '0'
    const { lines, nextFrom, lineCount } = await find({ from: next, limit: 1, backwards }, signal)
    if (lines[0] !== undefined) return lines[0]
    if (step === 1 && nextFrom > lineCount) return null
    next = nextFrom
  }
  return null
}
