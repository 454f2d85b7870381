import { useMemo, useState } from 'react'
import { formatCountOf } from '../../../../ui/format'
import { visibleText } from '../../../../ui/log/ansi'
import { Toggle } from '../../../../ui/toggle'
import { readCsv, type Table } from './csv'
import { prettyJson } from './pretty-json'

/** The text of a file: JSON with one value a line, CSV as a table, all else as it is. */
export function TextPreview({ path, text, truncated }: { path: string; text: string; truncated: boolean }) {
  const [asItIs, setAsItIs] = useState(false)
  const read = useMemo(() => readAs(path, text, truncated), [path, text, truncated])
  return (
    <div className="flex flex-col gap-1.5">
      {read && !asItIs && 'table' in read ? (
        <TablePreview table={read.table} label={`Table of ${visibleText(path)}`} />
      ) : (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
          tabIndex={0}
          aria-label={`Text of ${visibleText(path)}`}
          className="max-h-96 overflow-auto rounded-md border border-line bg-log p-2 outline-offset-[-2px]"
        >
          <pre className="w-max font-mono text-[12.5px] leading-[1.5] [tab-size:4]">
            {visibleText(read && !asItIs && 'json' in read ? read.json : text.replaceAll('\r\n', '\n'), '\n\t')}
          </pre>
        </section>
      )}
      <div className="flex flex-wrap items-center gap-3 text-xs text-muted">
        {read && (
          <Toggle pressed={asItIs} onPressed={setAsItIs}>
            As it is
          </Toggle>
        )}
        <span>{noteOn(text, truncated, read && 'table' in read && !asItIs ? read.table : undefined)}</span>
      </div>
    </div>
  )
}

type Read = { json: string } | { table: Table }

function readAs(path: string, text: string, truncated: boolean): Read | undefined {
  const extension = /\.([^./]+)$/.exec(path.toLowerCase())?.[1] ?? ''
  if (extension === 'csv' || extension === 'tsv') {
    const table = readCsv(text, truncated)
    return table && { table }
  }
  if (extension !== 'json' || truncated) return undefined
  const json = prettyJson(text)
  return json === undefined ? undefined : { json }
}

function noteOn(text: string, truncated: boolean, table: Table | undefined): string {
  if (text === '') return 'The file is empty.'
  const cut = truncated ? 'This is the beginning; the download has all of it.' : ''
  if (!table) return cut
  const more = [
    table.moreRows !== null && table.moreRows > 0 && formatCountOf(table.moreRows, 'more row'),
    table.moreColumns > 0 && formatCountOf(table.moreColumns, 'more column'),
  ].filter(Boolean)
  return more.length > 0 ? `${more.join(' and ')} in the download.` : cut
}

function TablePreview({ table: { head, rows }, label }: { table: Table; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <div tabIndex={0} className="max-h-96 overflow-auto rounded-md border border-line outline-offset-[-2px]">
      <table aria-label={label} className="w-full border-collapse text-xs">
        <thead className="sticky top-0 bg-sunken text-left">
          <tr>
            {head.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
              <th key={column} scope="col" className="border-b border-line px-2 py-1 font-semibold whitespace-nowrap">
                {visibleText(cell, '\n')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, number) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows never move
            <tr key={number} className="border-b border-line/60 last:border-0">
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
                <td key={column} className="max-w-96 truncate px-2 py-0.5 font-mono">
                  {visibleText(cell, '\n')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
