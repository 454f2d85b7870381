import type { JobState } from '../../../core/jobs/state'
import type { Overview } from '../../../core/overview/get-overview'

/** What is not as it should be with boxes, in a few words, and whether somebody should look. */
export function fleetNotes(fleet: Overview['fleet']): { notes: string[]; isBad: boolean } {
  const { offline, unknown, troubled, draining } = fleet
  const parts: [number, string][] = [
    [offline, 'offline'],
    [troubled, 'kept from jobs'],
    [unknown, 'not asked yet'],
    [draining, 'draining'],
  ]
  return { notes: parts.flatMap(([n, word]) => (n > 0 ? `${n} ${word}` : [])), isBad: offline + troubled > 0 }
}

/** How many live jobs are in one of the states. */
export function countIn({ live }: Pick<Overview, 'live'>, states: readonly JobState[]): number {
  return live.reduce((sum, { state, jobs }) => sum + (states.includes(state) ? jobs : 0), 0)
}
