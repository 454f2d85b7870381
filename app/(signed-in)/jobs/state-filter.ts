import type { JobState } from '../../../core/jobs/state'

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
