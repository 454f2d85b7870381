import type { OutputValue } from '../../../../../core/logs/read-output'

/** A value as it arrives: JSON has no word for one that is missing. */
export type Value = Omit<OutputValue, 'value'> & { value?: unknown }
/** A value of the output channel as a row of cells, by the name of their column. */
export type ValueRow = { n: number; at: string; cells: Record<string, unknown> }
/** The numbers of a column: when (seconds since the epoch, never falling) and what. */
export type Series = { name: string; xs: number[]; ys: number[] }

const ALONE = 'value'
const MAX_COLUMNS = 16

/** An object has a column for each of its fields, a short list for each place; what else there is stands alone. */
export function toRow({ n, at, encoding, value }: Value): ValueRow {
  const plain = encoding === 'yaml' ? readYaml(String(value)) : value
  const fields = typeof plain === 'object' && plain !== null && encoding !== 'pickle' ? Object.entries(plain) : []
  const isRow = fields.length > 0 && fields.length <= MAX_COLUMNS
  return { n, at, cells: isRow ? Object.fromEntries(fields) : { [ALONE]: plain } }
}

/** Names of the columns, in the order in which they first come; the first sixteen. */
export function columnsOf(rows: readonly ValueRow[]): string[] {
  const names = new Set<string>()
  for (const { cells } of rows) for (const name of Object.keys(cells)) if (names.size < MAX_COLUMNS) names.add(name)
  return [...names]
}

/** The columns that have numbers in them and nothing else, from two numbers on. */
export function seriesOf(rows: readonly ValueRow[]): Series[] {
  return columnsOf(rows).flatMap((name) => {
    const filled = rows.filter(({ cells }) => cells[name] !== undefined && cells[name] !== null)
    const ys = filled.map(({ cells }) => cells[name])
    if (ys.length < 2 || !ys.every((y) => typeof y === 'number')) return []
    let last = 0
    const xs = filled.map(({ at }) => {
      last = Math.max(last, Date.parse(at) / 1_000)
      return last
    })
    return [{ name, xs, ys: ys as number[] }]
  })
}

/** A cell as text; what is neither text nor number, as JSON. */
export function cellText(cell: unknown): string {
  if (cell === undefined) return ''
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

/** Of YAML the simplest is read: one number, or lines of `name: value`. Everything else stays the text that it is. */
function readYaml(text: string): unknown {
  const trimmed = text.replace(/^---\s*\n|\n\.\.\.\s*$/g, '').trim()
  if (NUMBER.test(trimmed)) return Number(trimmed)
  const pairs = trimmed.split('\n').map((line) => /^([\w.-]+): +([^\s[{|>&*!].*)$/.exec(line)?.slice(1))
  if (pairs.some((pair) => pair === undefined)) return trimmed
  return Object.fromEntries(
    pairs.map(([name = '', value = ''] = []) => [name, NUMBER.test(value.trim()) ? Number(value) : value.trim()]),
  )
}
