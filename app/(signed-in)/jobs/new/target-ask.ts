import type { Target } from '../../../../core/jobs/submission'
import { parseRequirement } from '../../../../core/placement/requirements'
import { type Draft, targetOf } from './draft'

/** What is asked of the fleet while the form is filled in. */
export type TargetAsk = { target: Target; requires: string[] }

/** The requirements of a draft that can be read, and those that cannot (yet). */
export function requirementsOf({ requires }: Pick<Draft, 'requires'>): { read: string[]; unread: string[] } {
  const filled = [...new Set(requires.map(({ value }) => value.trim()).filter((value) => value !== ''))].sort()
  const { read = [], unread = [] } = Object.groupBy(filled, (text) => (parseRequirement(text) ? 'read' : 'unread'))
  return { read, unread }
}

/** The draft's target and what it requires. Undefined while no box or group is chosen. */
export function askOf(draft: Draft): TargetAsk | undefined {
  if (draft.target !== 'any' && draft[draft.target] === '') return undefined
  return { target: targetOf(draft), requires: requirementsOf(draft).read }
}
