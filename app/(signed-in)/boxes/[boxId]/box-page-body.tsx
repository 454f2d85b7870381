'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import type { BoxId } from '../../../../core/ids'
import { failureOf } from '../../../data/failure'
import { useTRPC } from '../../../data/trpc'
import { useLiveQueries } from '../../../live/use-live'
import { Notice } from '../../../ui/notice'
import { PageHeading } from '../../../ui/page-heading'
import { Panel } from '../../../ui/panel'
import { Skeleton } from '../../../ui/skeleton'
import { AbsoluteTime } from '../../../ui/time'
import { BoxStatus } from '../box-status'
import { useMayManage } from '../managers-only'
import { AcceptIdentity } from './accept-identity'
import { BoxFacts } from './box-facts'
import { BoxJobs } from './box-jobs'
import { BoxTimeline } from './box-timeline'
import { DrainSwitch } from './drain-switch'
import { HeldSlots } from './held-slots'
import { RECENT_JOBS } from './page-sizes'
import { RemoveBox } from './remove-box'

/** A box as it is now: its state, what it is and has, what ran there, and what happened to it. */
export function BoxPageBody({ boxId }: { boxId: BoxId }) {
  const trpc = useTRPC()
  const { data: box, error } = useSuspenseQuery(trpc.boxes.get.queryOptions({ boxId }))
  const mayManage = useMayManage() && box.removedAt === null
  useLiveQueries('boxes', [
    trpc.boxes.get.queryFilter({ boxId }),
    trpc.boxes.events.queryFilter({ boxId }),
    trpc.jobs.list.queryFilter({ boxId, limit: RECENT_JOBS }),
  ])
  const actions = mayManage && (
    <>
      <DrainSwitch box={box} boxId={boxId} />
      <RemoveBox box={box} boxId={boxId} />
    </>
  )
  return (
    <div className="flex flex-col gap-4">
      <PageHeading title={box.name} actions={actions}>
        {box.removedAt === null && <BoxStatus box={box} />}
      </PageHeading>
      {error && (
        <Notice tone="warn" title="Not up to date.">
          {failureOf(error).message}
        </Notice>
      )}
      {box.removedAt !== null && (
        <Notice>
          This box was removed, <AbsoluteTime at={box.removedAt} />.
        </Notice>
      )}
      {box.identityMismatch && <AcceptIdentity box={box} boxId={boxId} mayManage={mayManage} />}
      <HeldSlots box={box} boxId={boxId} mayManage={mayManage} />
      {!box.canCallBack && box.callBackDetail && box.removedAt === null && (
        <Notice tone="warn" title="It cannot reach Stout, and gets no jobs until it can.">
          {box.callBackDetail}
        </Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem] xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Recent jobs">
            <Suspense fallback={<Skeleton rows={4} label="Loading the jobs" />}>
              <BoxJobs boxId={boxId} />
            </Suspense>
          </Panel>
          <Panel title="Timeline">
            <Suspense fallback={<Skeleton rows={4} label="Loading the timeline" />}>
              <BoxTimeline boxId={boxId} />
            </Suspense>
          </Panel>
        </div>
        <BoxFacts box={box} />
      </div>
    </div>
  )
}
