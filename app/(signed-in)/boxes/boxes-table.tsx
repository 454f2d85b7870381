'use client'

import type { BoxView } from '../../../core/boxes/list-boxes'
import { Chips } from '../../ui/chips'
import { Link } from '../../ui/link'
import { boxPath, jobPath } from '../../ui/paths'
import { RelativeTime } from '../../ui/time'
import { BoxStatus } from './box-status'
import { netTexts } from './net-texts'

const HEAD = 'px-4 py-2 text-left text-xs font-medium whitespace-nowrap text-muted'
const CELL =
  'px-4 py-2.5 align-top max-lg:flex max-lg:gap-3 max-lg:py-1 max-lg:before:w-20 max-lg:before:shrink-0 max-lg:before:text-xs max-lg:before:leading-6 max-lg:before:text-muted max-lg:before:content-[attr(data-name)]'

/** Boxes as rows; on a narrow screen each is a small card. */
export function BoxesTable({ boxes }: { boxes: readonly BoxView[] }) {
  return (
    <table className="w-full border-collapse max-lg:block">
      <caption className="sr-only">Boxes by name</caption>
      <thead className="border-b border-line bg-sunken/50 max-lg:sr-only">
        <tr>
          {['Box', 'Status', 'Used by', 'Nets', 'Labels', 'Groups', 'Last seen'].map((name) => (
            <th key={name} scope="col" className={HEAD}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-lg:block">
        {boxes.map((box) => (
          <BoxRow key={box.id} box={box} />
        ))}
      </tbody>
    </table>
  )
}

function BoxRow({ box }: { box: BoxView }) {
  return (
    <tr className="border-b border-line last:border-b-0 max-lg:block max-lg:py-2">
      <th scope="row" className="px-4 py-2.5 text-left align-top font-normal max-lg:block max-lg:py-1">
        <Link href={boxPath(box.id)} className="font-medium text-ink wrap-anywhere">
          {box.name}
        </Link>
        <span className="block text-xs whitespace-nowrap text-muted max-lg:ml-2 max-lg:inline">
          {box.host}:{box.pythonPort}
          {box.version && ` · ${box.version}`}
        </span>
      </th>
      <td data-name="Status" className={CELL}>
        <BoxStatus box={box} />
      </td>
      <td data-name="Used by" className={CELL}>
        <Holders box={box} />
      </td>
      <td data-name="Nets" className={CELL}>
        <Chips texts={netTexts(box.nets)} />
      </td>
      <td data-name="Labels" className={CELL}>
        <Chips texts={Object.entries(box.labels).map(([key, value]) => ({ text: `${key}=${value}` }))} />
      </td>
      <td data-name="Groups" className={CELL}>
        <Chips texts={box.groups.map((text) => ({ text }))} />
      </td>
      <td data-name="Last seen" className={`${CELL} whitespace-nowrap text-muted`}>
        {box.lastSeenAt ? <RelativeTime at={box.lastSeenAt} /> : 'never'}
      </td>
    </tr>
  )
}

/** Who holds its slots, and its own lock. */
function Holders({ box }: { box: BoxView }) {
  const free = box.slots - box.leases.length
  return (
    <ul className="flex min-w-0 flex-col gap-0.5">
      {box.leases.map((lease) => (
        <li key={lease.slot} className="wrap-anywhere">
          {lease.jobId ? <Link href={jobPath(lease.jobId)}>{lease.jobName ?? lease.jobId}</Link> : 'a reservation'}
          <span className="text-xs text-muted">
            {' '}
            since <RelativeTime at={lease.acquiredAt} />
          </span>
        </li>
      ))}
      {box.lockHolder !== null && (
        <li className="text-warn wrap-anywhere">locked by {box.lockHolder}, outside of Stout</li>
      )}
      {free > 0 && box.lockHolder === null && (
        <li className="text-muted">{box.slots === 1 ? 'free' : `${free} of ${box.slots} slots free`}</li>
      )}
    </ul>
  )
}
