import type { ColumnType, Generated } from 'kysely'

/** A jsonb column: read as a value, written as JSON text (a bare array would become a Postgres array). */
export type Json<T> = ColumnType<T, string, string>
export type JsonWithDefault<T> = ColumnType<T, string | undefined, string>
export type DefaultNow = Generated<Date>
