import Papa from 'papaparse'

/** As much of a table as is shown. */
export const SHOWN = { rows: 200, columns: 50 }

/** The first rows of a CSV file. `more` counts what is not shown; null where only the file's end would tell. */
export type Table = { head: string[]; rows: string[][]; moreRows: number | null; moreColumns: number }

/**
 * Reads CSV with whatever separates its columns; the first row is the head. Undefined when it is no table: nothing in it, or a
 * quote that is never closed.
 * @param truncated the text ends somewhere in the file: its last row may be half a row, and is left out
 */
export function readCsv(text: string, truncated: boolean): Table | undefined {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' })
  if (!truncated && errors.some(({ type }) => type === 'Quotes')) return undefined
  const [head, ...rows] = truncated ? data.slice(0, -1) : data
  if (!head) return undefined
  const columns = Math.max(head.length, ...rows.slice(0, SHOWN.rows).map((row) => row.length))
  return {
    head: cells(head, columns),
    rows: rows.slice(0, SHOWN.rows).map((row) => cells(row, columns)),
    moreRows: truncated ? null : Math.max(0, rows.length - SHOWN.rows),
    moreColumns: Math.max(0, columns - SHOWN.columns),
  }
}

/** A row as wide as the table. */
function cells(row: string[], columns: number): string[] {
  return Array.from({ length: Math.min(columns, SHOWN.columns) }, (_, column) => row[column] ?? '')
}
