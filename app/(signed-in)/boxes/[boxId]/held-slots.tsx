'use client'

import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId } from '../../../../core/ids'
import { isTerminal } from '../../../../core/jobs/state'
import { jobStateText } from '../../../ui/job-state'
import { Link } from '../../../ui/link'
import { Notice } from '../../../ui/notice'
import { jobPath } from '../../../ui/paths'
import { RelativeTime } from '../../../ui/time'
import { type Lease, ReleaseBox } from './release-box'

/** Slots that are held though nobody works there as far as Stout knows: why, and for managers the way to free them. */
export function HeldSlots({ box, boxId, mayManage }: { box: BoxView; boxId: BoxId; mayManage: boolean }) {
  return box.leases.map((lease) => {
    if (lease.hold !== 'ending' && lease.hold !== 'out_of_contact') return null
    const release = mayManage && lease.releasable && <ReleaseBox box={box} boxId={boxId} lease={lease} />
    return (
      <Notice key={lease.slot} tone={lease.hold === 'ending' ? 'info' : 'warn'} action={release}>
        <Why lease={lease} />
      </Notice>
    )
  })
}

function Why({ lease }: { lease: Lease }) {
  const { hold, jobId, jobName, jobState, lastHeardAt } = lease
  const job = jobId && <Link href={jobPath(jobId)}>{jobName ?? jobId}</Link>
  const over = jobState !== null && isTerminal(jobState)
  if (hold === 'ending') {
    return (
      <>
        Held by {job}, which is {over && jobStateText(jobState)}: its supervisor ends what is left of it. The box is
        free once it is quiet.
      </>
    )
  }
  return (
    <>
      <strong className="font-semibold">No contact with the supervisor of {job}</strong>
      {lastHeardAt && (
        <>
          , last heard of <RelativeTime at={lastHeardAt} />
        </>
      )}
      . {over ? `The job is ${jobStateText(jobState)}, but its script may still run here.` : 'Its script may go on.'}{' '}
      The box is free once the supervisor is back and has ended it, or a look at the box finds it gone.
    </>
  )
}
