import { type RawBuilder, sql } from 'kysely'
import type { BoxId } from '../ids'
import type { JobState } from './state'

/** Which jobs are looked for: those that all of it is true of. */
export type JobFilter = {
  /** Words, each of which stands somewhere in name, labels (`key=value`), error or the name of the box; case does not count. */
  text?: string | undefined
  state?: JobState[] | undefined
  boxId?: BoxId | undefined
  /** Name of the group that was targeted. */
  group?: string | undefined
  submittedBy?: string | undefined
  /** `key`, or `key=value`; all of them. */
  label?: string[] | undefined
  createdAfter?: Date | undefined
  /** Exclusive. */
  createdBefore?: Date | undefined
}

export type Condition = RawBuilder<boolean>

/** A word that is looked for, and the boxes whose name has it. */
export type Word = { text: string; boxIds: BoxId[] }

const TEXT = sql`job_text(name, labels, error)`
/** What an index of trigrams can find: three letters or digits in a row. */
const FINDABLE = /[\p{L}\p{N}]{3}/u
/** In the text of a job these do not stand as they are. */
const ESCAPED_IN_JSON = /["\\\p{Cc}]/u
const HOUR_MS = 3_600_000

export const wordsOf = (text: string | undefined) => text?.split(/\s+/).filter((word) => word !== '') ?? []
export const likeWord = (word: string) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
export const all = (conditions: Condition[]): Condition =>
  sql<boolean>`${sql.join([sql`true`, ...conditions], sql` and `)}`

/** Jobs that an index gives newest first, among which are all that the filter means: those of a box, of a submitter, … */
export function walkOf({ state = [], boxId, group, submittedBy, createdAfter, createdBefore }: JobFilter): Condition {
  const [onlyState] = state.length === 1 ? state : []
  const one =
    (boxId && sql<boolean>`box_id = ${boxId}`) ??
    (submittedBy && sql<boolean>`submitted_by = ${submittedBy}`) ??
    (group && isOfGroup(group)) ??
    (onlyState && sql<boolean>`state = ${onlyState}`)
  return all([
    ...(one ? [one] : []),
    ...(createdAfter ? [sql<boolean>`id >= ${idAt(createdAfter, -1)}`] : []),
    ...(createdBefore ? [sql<boolean>`id < ${idAt(createdBefore, 1)}`] : []),
  ])
}

/** What the filter says of a job, words apart. */
export function conditionsOf(filter: JobFilter): Condition[] {
  const { state, boxId, group, submittedBy, label = [], createdAfter, createdBefore } = filter
  return [
    ...(state ? [sql<boolean>`state = any(${state})`] : []),
    ...(boxId ? [sql<boolean>`box_id = ${boxId}`] : []),
    ...(group ? [isOfGroup(group)] : []),
    ...(submittedBy ? [sql<boolean>`submitted_by = ${submittedBy}`] : []),
    ...label.map(hasLabel),
    ...(createdAfter ? [sql<boolean>`created_at >= ${createdAfter}`] : []),
    ...(createdBefore ? [sql<boolean>`created_at < ${createdBefore}`] : []),
  ]
}

const isOfGroup = (name: string) => sql<boolean>`queue_key = ${`group:${name}`}`

export function hasWord({ text, boxIds }: Word): Condition {
  const inText = sql<boolean>`${TEXT} ilike ${likeWord(text)}`
  return boxIds.length > 0 ? sql<boolean>`(${inText} or box_id = any(${boxIds}))` : inText
}

/** True if the index of texts finds jobs by what the filter says. */
export function isInIndex({ label = [] }: JobFilter, words: Word[]): boolean {
  return words.some(({ text }) => FINDABLE.test(text)) || label.some((one) => FINDABLE.test(one))
}

/** The label itself decides; its text lets the index help. */
function hasLabel(label: string): Condition {
  const at = label.indexOf('=')
  const has =
    at < 0
      ? sql<boolean>`labels ? ${label}`
      : sql<boolean>`labels @> ${JSON.stringify({ [label.slice(0, at)]: label.slice(at + 1) })}`
  if (ESCAPED_IN_JSON.test(label)) return has
  return all([has, sql<boolean>`${TEXT} ilike ${likeWord(at < 0 ? `${label}=` : label)}`])
}

/** Ids sort by creation as the clock of a process saw it; `created_at` is the database's own. An hour lies between them at most. */
function idAt(at: Date, hours: number): string {
  return `job_${Math.max(0, at.getTime() + hours * HOUR_MS)
    .toString(36)
    .padStart(9, '0')}`
}
