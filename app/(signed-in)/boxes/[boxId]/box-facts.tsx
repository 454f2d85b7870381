import type { ReactNode } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import { Chips } from '../../../ui/chips'
import { Link } from '../../../ui/link'
import { Panel } from '../../../ui/panel'
import { jobPath } from '../../../ui/paths'
import { RelativeTime } from '../../../ui/time'

/** What a box is and has, and when that was last seen. */
export function BoxFacts({ box }: { box: BoxView }) {
  const { labels, lastSeenAt, inspectedAt } = box
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Facts">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 px-4 py-3 text-[0.8125rem]">
          <Fact name="Address">
            {box.host}:{box.pythonPort}
            <span className="text-muted">
              , {box.httpPort} {box.hasToken ? '· with a token' : '· no token'}
            </span>
          </Fact>
          <Fact name="Identity">{box.lagerBoxId ?? 'unknown'}</Fact>
          {box.hostname && <Fact name="Host">{box.hostname}</Fact>}
          {box.version && <Fact name="Runtime">{box.version}</Fact>}
          {box.pythonVersion && <Fact name="Python">{box.pythonVersion}</Fact>}
          <Fact name="Slots">{box.slots}</Fact>
          {box.leases.map(({ slot, jobId, jobName }) => (
            <Fact key={slot} name="Used by">
              {jobId ? <Link href={jobPath(jobId)}>{jobName ?? jobId}</Link> : 'a reservation'}
            </Fact>
          ))}
          {box.lockHolder !== null && <Fact name="Locked by">{box.lockHolder}</Fact>}
          <Fact name="Labels">
            <Chips texts={Object.entries(labels).map(([key, value]) => ({ text: `${key}=${value}` }))} />
          </Fact>
          <Fact name="Groups">
            <Chips texts={box.groups.map((text) => ({ text }))} />
          </Fact>
          <Fact name="Last seen">{lastSeenAt ? <RelativeTime at={lastSeenAt} /> : 'never'}</Fact>
          <Fact name="Way back">
            {box.canCallBack ? 'reaches Stout' : 'does not reach Stout'}
            {inspectedAt && (
              <span className="text-muted">
                , tested <RelativeTime at={inspectedAt} />
              </span>
            )}
          </Fact>
          <Fact name="Id">
            <code className="font-mono text-xs select-all">{box.id}</code>
          </Fact>
        </dl>
      </Panel>
      <Panel title="Nets">
        {box.nets.length === 0 ? (
          <p className="px-4 py-3 text-muted">None.</p>
        ) : (
          <ul className="px-4 py-3 text-[0.8125rem]">
            {box.nets.map(({ name, type }) => (
              <li key={name} className="flex justify-between gap-3 py-0.5">
                <span className="min-w-0 wrap-anywhere">{name}</span>
                <span className="shrink-0 text-muted">{type}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
