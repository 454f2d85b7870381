import type { EventView } from '../../../core/events/list-events'
import type { FailureClass } from '../../../core/jobs/state'
import { formatCount, formatCountOf, formatDuration } from '../../ui/format'
import { failureText } from '../../ui/job-state'

/** What happened, what is known about it besides, and the other job that it speaks of. */
export type EventText = { title: string; detail?: string; jobId?: string }

type Told = Pick<EventView, 'type' | 'data' | 'attempt'>

/** An event in plain words. `boxName` names the box that the event's data speaks of, where it is known. */
export function eventText({ type, data, attempt }: Told, boxName?: string | null): EventText {
  const text = (key: string) => (typeof data[key] === 'string' && data[key] !== '' ? (data[key] as string) : undefined)
  switch (type) {
    case 'submitted':
      return withJob('Submitted', 'as a rerun', text('rerunOf'))
    case 'rerun':
      return withJob('Run again', text('name'), text('jobId'))
    case 'wait':
      return { title: 'Waits for a box' }
    case 'place':
      return withDetail(`Placed on ${boxName ?? 'a box'}`, attempt && attempt > 1 ? `attempt ${attempt}` : undefined)
    case 'return':
      return withDetail('Came back to the queue', text('detail'))
    case 'retry':
      return withDetail('Will be tried again', text('detail'))
    case 'start':
      return { title: `Started on ${text('box') ?? boxName ?? 'the box'}` }
    case 'dependencies_installing':
      return { title: 'Installs dependencies' }
    case 'dependencies_installed':
      return withDetail(
        data.cached === true ? 'Dependencies were there from an earlier job' : 'Dependencies installed',
        after(data),
      )
    case 'dependencies_failed':
      return withDetail('Dependencies could not be installed', text('error'))
    case 'exit':
    case 'attempt_exited':
      return exitText(data)
    case 'complete':
      return { title: 'Completed' }
    case 'fail':
      return withDetail(failTitle(text('failureClass')), text('detail'))
    case 'expire':
      return withDetail('Timed out', CLOCKS[String(data.endedBy)])
    case 'cancel':
      return withDetail('Cancelled', text('reason'))
    case 'give_up':
      return { title: 'Gave up waiting' }
    case 'timeout_changed':
      return timeoutText(data)
    case 'timeout_in_force':
      return { title: 'The box knows the new deadline' }
    case 'attempt_closed':
      return closedText(data)
    default:
      return withDetail(sentence(type), text('detail'))
  }
}

const failTitle = (failureClass: string | undefined) =>
  failureClass === undefined ? 'Failed' : `Failed: ${failureText(failureClass as FailureClass)}`

const CLOCKS: Record<string, string> = { deadline: 'ran too long', no_output: 'printed nothing for too long' }

const withJob = (title: string, detail: string | undefined, jobId: string | undefined): EventText =>
  jobId === undefined ? { title } : { ...withDetail(title, detail), jobId }

const withDetail = (title: string, detail: string | undefined): EventText => ({ title, ...(detail && { detail }) })

const after = ({ durationMs }: EventView['data']) =>
  typeof durationMs === 'number' ? `after ${formatDuration(durationMs)}` : undefined

function exitText(data: EventView['data']): EventText {
  const { exitCode, signal } = data
  if (typeof signal === 'string') return withDetail(`Script ended by ${signal}`, after(data))
  if (typeof exitCode === 'number') return withDetail(`Script exited with code ${exitCode}`, after(data))
  return { title: 'Script could not be started' }
}

function timeoutText({ timeoutSeconds, before }: EventView['data']): EventText {
  const [now, then] = [Number(timeoutSeconds) * 1_000, Number(before) * 1_000]
  return { title: `Timeout is now ${formatDuration(now)}`, detail: `was ${formatDuration(then)}` }
}

const CLOSINGS: Record<string, string> = {
  done: 'Box is quiet and free again',
  fenced: 'Attempt given up before it began',
  reaped: 'Box was looked after and is free again',
  released: 'Box was released by hand',
}

function closedText({ by, lines, leftovers, verdict, reason, artifacts }: EventView['data']): EventText {
  const title = CLOSINGS[String(by)] ?? 'Attempt closed'
  const details = [
    typeof lines === 'number' && formatCountOf(lines, 'line'),
    artifactsText(artifacts),
    typeof verdict === 'string' && verdict,
    typeof reason === 'string' && reason,
    Array.isArray(leftovers) && leftovers.length > 0 && `ended what was left: ${leftovers.join(', ')}`,
  ].filter(Boolean)
  return { title, ...(details.length > 0 && { detail: details.join('; ') }) }
}

function artifactsText(counts: unknown): string {
  if (typeof counts !== 'object' || counts === null) return ''
  const { uploaded = 0, skipped = 0, failed = 0 } = counts as Record<string, number>
  const texts = [
    uploaded > 0 && formatCountOf(uploaded, 'artifact'),
    skipped > 0 && `${formatCount(skipped)} left out`,
    failed > 0 && `${formatCount(failed)} not kept`,
  ]
  return texts.filter(Boolean).join(', ')
}

/** Who caused an event: a name where there is one. */
export function actorText({ actor, actorName }: Pick<EventView, 'actor' | 'actorName'>): string {
  const [kind, ...rest] = actor.split(':')
  const id = rest.join(':')
  if (kind === 'user') return actorName ?? 'a former user'
  if (kind === 'token') return `token ${actorName ?? id}`
  if (kind === 'box') return actorName ?? 'a former box'
  if (kind === 'sweep') return SWEEPS[id] ?? id.replaceAll('_', ' ')
  return actor
}

const SWEEPS: Record<string, string> = { queue_limit: 'queue timeout', deadline: 'timeout', lost: 'lost contact' }

function sentence(type: string): string {
  const words = type.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
