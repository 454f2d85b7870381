import type { Ctx } from '../../core/context'

/**
 * Makes something by a verb and tells what the caller is answered. Where the request names an Idempotency-Key, the answer is read
 * in the transaction that makes the thing and kept by it.
 * @param make the verb; what its transaction returns is what it returns
 * @param view reads the answer
 */
export async function making<C extends Ctx, T, V>(
  ctx: C,
  make: (ctx: C) => Promise<T>,
  view: (ctx: C, made: T) => Promise<V>,
): Promise<V> {
  const { once } = ctx
  if (!once) return await view(ctx, await make(ctx))
  const kept: { answer?: V } = {}
  const keep = async (tx: Parameters<typeof once.keep>[0], made: unknown) => {
    kept.answer = await view({ ...ctx, db: tx, once: undefined }, made as T)
    await once.keep(tx, kept.answer)
  }
  const made = await make({ ...ctx, once: { ...once, keep } })
  return kept.answer ?? (await view(ctx, made))
}
