import { type RawBuilder, sql } from 'kysely'
import type { Id } from '../ids'

const PREFIX = { user: 'user', token: 'tok', box: 'box' } as const
type Kind = keyof typeof PREFIX

/** The id in a column of actors (`user:…`, `token:…`, `box:…`), in a form that joins by the index on ids. */
export function idIn<K extends Kind>(kind: K, column: string): RawBuilder<Id<(typeof PREFIX)[K]>> {
  return sql`substr(${sql.ref(column)}, ${sql.lit(kind.length + 2)})`
}
