import { formatClock, formatCountOf } from '../../../../ui/format'
import { visibleText } from '../../../../ui/log/ansi'
import { cellText, columnsOf, type ValueRow } from './value-columns'

const SHOWN_ROWS = 200
const HEAD = 'sticky top-0 bg-sunken px-3 py-1.5 text-left text-xs font-medium whitespace-nowrap text-muted'

/** The last values, newest first, with the line of the log that each of them is. */
export function ValueTable({ rows }: { rows: readonly ValueRow[] }) {
  const columns = columnsOf(rows)
  const shown = rows.slice(-SHOWN_ROWS).toReversed()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section tabIndex={0} aria-label="Table of values" className="max-h-80 overflow-auto outline-offset-[-2px]">
      <table className="w-full border-collapse text-[0.8125rem]">
        <caption className="sr-only">
          {rows.length > SHOWN_ROWS ? `The last ${SHOWN_ROWS} of ${formatCountOf(rows.length, 'value')}` : 'All values'}
          , newest first
        </caption>
        <thead>
          <tr>
            {['Line', 'Time', ...columns.map((name) => visibleText(name))].map((name) => (
              <th key={name} scope="col" className={HEAD}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="font-mono text-xs">
          {shown.map(({ n, at, cells }) => (
            <tr key={n} className="border-t border-line">
              <td className="px-3 py-1">
                <a href={`#L${n}`}>{n}</a>
              </td>
              <td className="px-3 py-1 whitespace-nowrap text-muted">
                <time dateTime={at}>{formatClock(at)}</time>
              </td>
              {columns.map((name) => (
                <td key={name} className="max-w-96 truncate px-3 py-1">
                  {visibleText(cellText(cells[name]))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
