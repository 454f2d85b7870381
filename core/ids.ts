/** An id: its prefix names the table, the rest sorts by the time it was made. */
export type Id<P extends string> = `${P}_${string}`
export type OrgId = Id<'org'>
export type UserId = Id<'user'>
export type SessionId = Id<'sess'>
export type TokenId = Id<'tok'>
export type JobId = Id<'job'>
export type BoxId = Id<'box'>
export type GroupId = Id<'group'>
export type ArtifactId = Id<'art'>

/** A new id. The time part makes ids sort by creation, to the millisecond. */
export function newId<P extends string>(prefix: P, now = new Date()): Id<P> {
  return `${prefix}_${now.getTime().toString(36).padStart(9, '0')}${crypto.randomUUID().replaceAll('-', '')}`
}
