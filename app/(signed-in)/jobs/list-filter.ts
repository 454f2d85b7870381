import type { Route } from 'next'
import type { BoxId } from '../../../core/ids'
import { JOB_STATES, type JobState } from '../../../core/jobs/state'

/** What the list is narrowed to, as it stands in the address. */
export type ListFilter = {
  text?: string
  state: JobState[]
  boxId?: BoxId
  group?: string
  submittedBy?: string
  /** `key` or `key=value`; each of them. */
  label: string[]
  /** ISO 8601. */
  createdAfter?: string
  createdBefore?: string
}
export const NO_FILTER: ListFilter = { state: [], label: [] }

type Parameter = string | string[] | undefined
const LONGEST = { text: 200, group: 200, label: 500 } as const
const MOST_LABELS = 10
const MOST_WORDS = 10
const FIRST_ROWS = 60

/** The filter that an address has. What cannot be one is left out, so that any address leads to a list. */
export function readFilter(given: Record<string, Parameter>): ListFilter {
  const text = readText(given.text, LONGEST.text)?.split(/\s+/).slice(0, MOST_WORDS).join(' ')
  const [createdAfter, createdBefore] = [readInstant(given.after), readInstant(given.before)]
  const inOrder = !createdAfter || !createdBefore || createdAfter < createdBefore
  return withoutNothing({
    text,
    state: readStates(given.state),
    boxId: readMatch(given.box, /^box_[0-9a-z]{1,80}$/) as BoxId | undefined,
    group: readText(given.group, LONGEST.group),
    submittedBy: readMatch(given.by, /^(user|token):[0-9a-z_]{1,100}$/),
    label: [given.label ?? []]
      .flat()
      .flatMap((label) => readText(label, LONGEST.label) ?? [])
      .slice(0, MOST_LABELS),
    createdAfter,
    createdBefore: inOrder ? createdBefore : undefined,
  })
}

/** Address of the list with this filter. */
export function jobsPath(filter: ListFilter): Route {
  const { text, state, boxId, group, submittedBy, label, createdAfter, createdBefore } = filter
  const query = new URLSearchParams()
  const add = (name: string, value: string | undefined) => {
    if (value) query.append(name, value)
  }
  add('text', text)
  add('state', state.join(','))
  add('box', boxId)
  add('group', group)
  add('by', submittedBy)
  for (const one of label) add('label', one)
  add('after', createdAfter)
  add('before', createdBefore)
  const shown = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
  return `/jobs${shown && `?${shown}`}` as Route
}

/** What the server is asked for. */
export function toQuery({ state, label, ...others }: ListFilter) {
  return {
    ...others,
    ...(state.length > 0 && { state }),
    ...(label.length > 0 && { label }),
  }
}

/** The first rows, which the page brings along. The list is kept under this question, however far it is read. */
export const firstPage = (filter: ListFilter) => ({ ...toQuery(filter), limit: FIRST_ROWS })

/** True if it lets every job through, whatever states they are in. */
export function isOpen({ state: _, label, ...others }: ListFilter): boolean {
  return label.length === 0 && Object.keys(others).length === 0
}

function readStates(parameter: Parameter): JobState[] {
  const given = new Set([parameter ?? []].flat().flatMap((text) => text.split(',')))
  return JOB_STATES.filter((state) => given.has(state))
}

function readText(parameter: Parameter, longest: number): string | undefined {
  if (typeof parameter !== 'string') return undefined
  return parameter.replaceAll('\0', '').trim().slice(0, longest) || undefined
}

function readMatch(parameter: Parameter, pattern: RegExp): string | undefined {
  return typeof parameter === 'string' && pattern.test(parameter) ? parameter : undefined
}

function readInstant(parameter: Parameter): string | undefined {
  if (typeof parameter !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(parameter)) return undefined
  const at = new Date(parameter)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

function withoutNothing<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return given as { [K in keyof T]: Exclude<T[K], undefined> }
}
