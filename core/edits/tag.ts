import { createHash } from 'node:crypto'
import type { Ctx } from '../context'
import { DomainError } from '../errors'

/**
 * Names a state of what people can edit about a thing. What the thing does by itself (a box that is probed, a job that runs) does
 * not change it: else nobody could ever say "as I have read it".
 * @returns an entity tag, with its quotes
 */
export function tagOf(editable: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(editable)).digest('base64url').slice(0, 22)}"`
}

/**
 * Refuses an edit whose caller has read another state. Called by verbs with the row locked, so that nobody edits in between.
 * @param ctx its `ifMatch` are the tags that the caller goes by; without them every state will do
 * @param now reads the tag of the present state
 * @throws DomainError `precondition_failed`, whose detail holds the present tag
 */
export async function refuseStale(
  { ifMatch }: Pick<Ctx, 'ifMatch'>,
  now: () => string | Promise<string>,
): Promise<void> {
  if (ifMatch === undefined || ifMatch.includes('*')) return
  const etag = await now()
  if (ifMatch.includes(etag)) return
  const message = 'It was edited since you read it. Read it again, and decide anew.'
  throw new DomainError('precondition_failed', message, { reason: 'edited', etag })
}
