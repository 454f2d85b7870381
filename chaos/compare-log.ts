import type { LogRecord } from '../core/logs/records'

/** A kept log beside what its script printed. Lines are told apart by the number that each begins with. */
export type Comparison = {
  /** Lines that were printed and are neither kept nor counted in a gap. */
  lost: number
  /** Lines that are kept more than once. */
  repeats: number
  gaps: number
  lines: number
  /** Every kept byte stands where the script printed it, in order, with nothing in between but counted gaps. */
  inOrder: boolean
  /** Bytes at the end that are not kept. */
  missingBytes: number
}

type Kept = Pick<LogRecord, 'stream' | 'partial' | 'gap' | 'bytes'>

/** @param name what each line begins with: `<name> <number> ` */
export function compareLog(name: string, printed: Buffer, records: readonly Kept[]): Comparison {
  const { runs, gaps, counted } = runsOf(records)
  let at = 0
  let inOrder = true
  for (const run of runs) {
    const found = gaps === 0 ? (printed.subarray(0, run.length).equals(run) ? 0 : -1) : printed.indexOf(run, at)
    if (found < 0) inOrder = false
    else at = found + run.length
  }
  const kept = runs.flatMap((run) => numbersIn(name, run))
  const once = new Set(kept)
  const missing = numbersIn(name, printed).filter((n) => !once.has(n)).length
  return {
    lost: Math.max(0, missing - counted),
    repeats: kept.length - once.size,
    gaps,
    lines: kept.length,
    inOrder,
    missingBytes: printed.length - at,
  }
}

/** The bytes of stdout between gaps. */
function runsOf(records: readonly Kept[]): { runs: Buffer[]; gaps: number; counted: number } {
  const runs: Buffer[][] = [[]]
  let [gaps, counted] = [0, 0]
  for (const { stream, partial, gap, bytes } of records) {
    if (gap) {
      gaps++
      counted += (JSON.parse(bytes.toString()) as { lines: number }).lines
      runs.push([])
    } else if (stream === 'stdout') runs.at(-1)?.push(bytes, partial ? NOTHING : NEWLINE)
  }
  return { runs: runs.map((pieces) => Buffer.concat(pieces)).filter(({ length }) => length > 0), gaps, counted }
}

const NEWLINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)

function numbersIn(name: string, bytes: Buffer): number[] {
  return [...bytes.toString('latin1').matchAll(new RegExp(`(?:^|\n)${name} (\\d+) `, 'g'))].map(([, n]) => Number(n))
}
