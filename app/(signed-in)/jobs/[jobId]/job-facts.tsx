'use client'

import type { ReactNode } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { CopyButton } from '../../../ui/copy-button'
import { formatBytes, formatDuration } from '../../../ui/format'
import { Link } from '../../../ui/link'
import { Panel } from '../../../ui/panel'
import { jobPath } from '../../../ui/paths'
import { AbsoluteTime, Duration, RelativeTime } from '../../../ui/time'
import { actorText } from '../event-texts'

/** What is known of a job besides its state. */
export function JobFacts({ job }: { job: JobView }) {
  const { exitCode, signal, boxName, attempt, args, requires, labels, startedAt, finishedAt, deadlineAt } = job
  const { bundle, entry, secretNames, artifacts } = job
  const live = !isTerminal(job.state)
  return (
    <Panel title="Facts">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 px-4 py-3 text-[0.8125rem]">
        {exitCode !== null && <Fact name="Exit code">{exitCode}</Fact>}
        {signal !== null && <Fact name="Signal">{signal}</Fact>}
        {boxName !== null && <Fact name="Box">{boxName}</Fact>}
        {attempt > 1 && <Fact name="Attempt">{attempt}</Fact>}
        {startedAt && (
          <Fact name="Duration">
            <Duration from={startedAt} to={finishedAt} />
          </Fact>
        )}
        {live && startedAt && deadlineAt && (
          <Fact name="Times out">
            <RelativeTime at={deadlineAt} />
            {job.deadlinePending && <span className="text-muted"> (the box has not confirmed it yet)</span>}
          </Fact>
        )}
        <Fact name="Submitted">
          <AbsoluteTime at={job.createdAt} />
        </Fact>
        <Fact name="Submitted by">{actorText({ actor: job.submittedBy, actorName: job.submitterName })}</Fact>
        {job.rerunOf !== null && (
          <Fact name="Rerun of">
            <Link href={jobPath(job.rerunOf)} className="font-mono text-xs">
              {job.rerunOf}
            </Link>
          </Fact>
        )}
        <Fact name="Target">{targetText(job.target)}</Fact>
        {requires.length > 0 && (
          <Fact name="Requires">
            <Codes texts={requires} />
          </Fact>
        )}
        {bundle.kind === 'zip' && (
          <Fact name="Bundle">
            {formatBytes(bundle.sizeBytes)},{' '}
            <code className="font-mono text-xs" title={`SHA-256 ${bundle.sha256}`}>
              {bundle.sha256.slice(0, 12)}…
            </code>{' '}
            <CopyButton text={bundle.sha256} what="SHA-256 of the bundle" />
          </Fact>
        )}
        {bundle.kind === 'zip' && (
          <Fact name="Runs">
            <Codes texts={[entry]} />
          </Fact>
        )}
        {args.length > 0 && (
          <Fact name="Arguments">
            <Codes texts={args} />
          </Fact>
        )}
        {secretNames.length > 0 && (
          <Fact name="Secrets">
            <Codes texts={secretNames} />
          </Fact>
        )}
        {(artifacts.globs.length > 0 || artifacts.lagerOutput) && (
          <Fact name="Keeps">
            <Codes texts={artifacts.globs} />
            {artifacts.lagerOutput && "Lager's output folders"}
          </Fact>
        )}
        {Object.keys(labels).length > 0 && (
          <Fact name="Labels">
            <Codes texts={Object.entries(labels).map(([key, value]) => `${key}=${value}`)} />
          </Fact>
        )}
        <Fact name="Limits">
          {formatDuration(job.timeoutSeconds * 1_000)} to run, {formatDuration(job.queueTimeoutSeconds * 1_000)} to
          wait, {formatDuration(job.graceSeconds * 1_000)} grace
          {job.noOutputTimeoutSeconds !== null &&
            `, ${formatDuration(job.noOutputTimeoutSeconds * 1_000)} without output`}
        </Fact>
        <Fact name="Id">
          <code className="font-mono text-xs select-all">{job.id}</code>
        </Fact>
      </dl>
    </Panel>
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

function Codes({ texts }: { texts: readonly string[] }) {
  return (
    <ul className="flex flex-wrap gap-1">
      {texts.map((text, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: arguments may be alike, and never move
          key={index}
          className="max-w-full rounded border border-line bg-sunken px-1 font-mono text-xs whitespace-pre-wrap"
        >
          {text === '' ? '""' : text}
        </li>
      ))}
    </ul>
  )
}

function targetText(target: JobView['target']): string {
  if ('box' in target) return `box ${target.box}`
  return 'group' in target ? `group ${target.group}` : 'any box'
}
