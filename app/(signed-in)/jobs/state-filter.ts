import type { Route } from 'next'
import { JOB_STATES, type JobState } from '../../../core/jobs/state'

/** What the list can be narrowed to by a click. The URL can hold any set of states: `?state=failed,timed_out`. */
export const STATE_FILTERS: readonly { label: string; states: readonly JobState[] }[] = [
  { label: 'All', states: [] },
  { label: 'Waiting', states: ['queued', 'waiting_for_box'] },
  { label: 'Running', states: ['dispatching', 'running', 'uploading_artifacts'] },
  { label: 'Completed', states: ['completed'] },
  { label: 'Failed', states: ['failed'] },
  { label: 'Timed out', states: ['timed_out'] },
  { label: 'No suitable box', states: ['no_suitable_box'] },
  { label: 'Cancelled', states: ['cancelled'] },
]

/** The states of a `state` parameter in the order of the table; what is no state is left out. Empty means all. */
export function readStates(parameter: string | string[] | undefined): JobState[] {
  const given = new Set([parameter ?? []].flat().flatMap((text) => text.split(',')))
  return JOB_STATES.filter((state) => given.has(state))
}

/** The cursor of a `cursor` parameter, if it can be one. */
export function readCursor(parameter: string | string[] | undefined): string | undefined {
  return typeof parameter === 'string' && /^job_[0-9a-z]{1,80}$/.test(parameter) ? parameter : undefined
}

/** Address of the list with these states, after `cursor`. */
export function jobsPath(states: readonly JobState[], cursor?: string): Route {
  const query = [states.length > 0 && `state=${states.join(',')}`, cursor && `cursor=${cursor}`].filter(Boolean)
  return `/jobs${query.length > 0 ? `?${query.join('&')}` : ''}` as Route
}
