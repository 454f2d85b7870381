import type { Db } from '../../db/client'
import { type Keys, unseal } from '../access/keys'
import { NotFound } from '../errors'
import type { BoxId } from '../ids'
import type { Channel } from './channel'
import { lagerHttp } from './lager-http'
import type { Shipped } from './shipped'

/** The channel to a registered box. @throws NotFound */
export type ChannelTo = (boxId: BoxId) => Promise<Channel>

/** Opens channels by the address that is registered now. Nothing is kept: a box may have moved. */
export function channels(db: Db, keys: Keys, shipped: Shipped): ChannelTo {
  return async (boxId) => {
    const box = await db
      .selectFrom('boxes')
      .select(['host', 'pythonPort', 'tokenSealed'])
      .where('id', '=', boxId)
      .executeTakeFirst()
    if (!box) throw new NotFound('box', boxId)
    return lagerHttp({ ...box, token: box.tokenSealed === null ? null : unseal(keys, box.tokenSealed) }, shipped)
  }
}
