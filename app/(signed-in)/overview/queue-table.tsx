'use client'

import type { Overview } from '../../../core/overview/get-overview'
import { Empty } from '../../ui/empty'
import { formatCount, formatCountOf } from '../../ui/format'
import { RelativeTime } from '../../ui/time'
import { queueText } from '../jobs/wait-texts'

const HEAD = 'px-4 py-2 text-left text-xs font-medium text-muted whitespace-nowrap'

/** How many jobs wait for what, deepest first. */
export function QueueTable({ queue, keys }: { queue: Overview['queue']; keys: number }) {
  if (queue.length === 0) return <Empty title="No job waits." />
  return (
    <>
      <table className="w-full border-collapse text-[0.8125rem]">
        <caption className="sr-only">Waiting jobs by queue key</caption>
        <thead className="border-b border-line bg-sunken/50">
          <tr>
            <th scope="col" className={`${HEAD} w-full`}>
              Waits for
            </th>
            <th scope="col" className={HEAD}>
              Jobs
            </th>
            <th scope="col" className={HEAD}>
              Oldest
            </th>
          </tr>
        </thead>
        <tbody>
          {queue.map(({ key, jobs, oldestAt }) => (
            <tr key={key} className="border-b border-line last:border-b-0">
              <th scope="row" className="px-4 py-2 text-left font-medium wrap-anywhere">
                {queueText(key)}
              </th>
              <td className="px-4 py-2 text-right">{formatCount(jobs)}</td>
              <td className="px-4 py-2 whitespace-nowrap text-muted">
                <RelativeTime at={oldestAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {keys > queue.length && (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          and {formatCountOf(keys - queue.length, 'more queue key', 'more queue keys')}
        </p>
      )}
    </>
  )
}
