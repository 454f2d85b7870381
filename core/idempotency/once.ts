import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import { type Keys, sealAnswer, unsealAnswer } from '../access/keys'
import type { Ctx } from '../context'
import { DomainError } from '../errors'

type Tx = Transaction<Database>

/** A request that is to happen once: the key that its caller chose, and the MAC of what it asks for. */
export type Asked = { key: string; fingerprint: string }
/** What the caller was answered. */
export type Answer = { status: number; location: string; etag?: string; body: unknown }

/** Another request with this key has made the thing meanwhile; its answer is to be read. */
export class MadeMeanwhile extends Error {}

/**
 * Runs the transaction in which a verb makes something. Where the request names an Idempotency-Key, the key is taken first and
 * what was made is kept with it last, so that key and thing commit together or not at all: no crash makes two.
 * @throws MadeMeanwhile; what `work` throws
 */
export async function once<T>(ctx: Pick<Ctx, 'db' | 'once'>, work: (tx: Tx) => Promise<T>): Promise<T> {
  return await ctx.db.transaction().execute(async (tx) => {
    await ctx.once?.take(tx)
    const made = await work(tx)
    await ctx.once?.keep(tx, made)
    return made
  })
}

/**
 * Takes a key. A request with the same key that is under way is waited for (as long as the session waits for locks): if it fails
 * the key is ours, if it commits its answer counts.
 * @throws MadeMeanwhile
 */
export async function takeKey(tx: Tx, { orgId, actor }: Ctx, { key, fingerprint }: Asked): Promise<void> {
  const taken = await tx
    .insertInto('idempotencyKeys')
    .values({ orgId, caller: actor, key, fingerprint })
    .onConflict((oc) => oc.doNothing())
    .returning('key')
    .executeTakeFirst()
  if (!taken) throw new MadeMeanwhile(`The key ${key} was taken meanwhile`)
}

/**
 * Keeps what the caller will be answered. It is encrypted, bound to its row, since the answer to a new API token holds the token:
 * whoever has the table alone reads nothing.
 */
export async function keepAnswer(tx: Tx, ctx: Ctx & { keys: Keys }, { key }: Asked, answer: Answer): Promise<void> {
  const { orgId, actor, keys } = ctx
  await tx
    .updateTable('idempotencyKeys')
    .set({ answer: sealAnswer(keys, [orgId, actor, key], JSON.stringify(answer)) })
    .where('orgId', '=', orgId)
    .where('caller', '=', actor)
    .where('key', '=', key)
    .execute()
}

/**
 * What a request with this key was answered before; undefined when nothing was made with it.
 * @throws DomainError `conflict` when it was another request
 */
export async function findAnswer(ctx: Ctx & { keys: Keys }, { key, fingerprint }: Asked): Promise<Answer | undefined> {
  const { db, orgId, actor, keys } = ctx
  const row = await db
    .selectFrom('idempotencyKeys')
    .select(['fingerprint', 'answer'])
    .where('orgId', '=', orgId)
    .where('caller', '=', actor)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!row) return undefined
  if (row.fingerprint !== fingerprint) throw otherRequest(key)
  if (row.answer === null) throw new Error(`The key ${key} was committed without an answer`)
  return JSON.parse(unsealAnswer(keys, [orgId, actor, key], row.answer)) as Answer
}

function otherRequest(key: string): DomainError {
  const message = `The Idempotency-Key ${JSON.stringify(key)} was used for another request, or with another body. Take a new key for a new request.`
  const issue = { path: 'Idempotency-Key', message }
  return new DomainError('conflict', message, { reason: 'idempotency_key_reused', key }, [issue])
}

/** Answers are kept this long; the key may then be used anew. */
const KEPT_SECONDS = 86_400
const A_TURN = 1_000

/** Forgets old keys. @returns how many */
export async function dropOldKeys({ db }: Pick<Ctx, 'db'>, keptSeconds = KEPT_SECONDS): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where ctid in (
      select ctid from idempotency_keys where created_at < now() - ${keptSeconds} * interval '1 second' limit ${A_TURN}
    )`.execute(db)
  return Number(numAffectedRows ?? 0)
}
