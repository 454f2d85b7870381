import { sql } from 'kysely'
import type { Db } from '../../db/client'

/** A pause of the beats this long means that the box API was away. Shorter than the silence after which a box is asked. */
export const PRESENCE_GAP_SECONDS = 15

/** A supervisor is heard of at least every 10 s; after this it is not in contact. */
export const CONTACT_SECONDS = 12

/**
 * Says that the box API listens. Called every few seconds by each worker; the first one after a gap begins a new stretch. So
 * does a database clock that was put forward (a gap) or back.
 */
export async function beat(db: Db, gapSeconds = PRESENCE_GAP_SECONDS): Promise<void> {
  await sql`
    insert into box_api_presence (listening_since_at, last_beat_at) values (now(), now())
    on conflict (only_row) do update set last_beat_at = now(), listening_since_at = case
      when box_api_presence.last_beat_at < now() - ${gapSeconds} * interval '1 second'
        or box_api_presence.last_beat_at > now() + interval '1 second' then now()
      else box_api_presence.listening_since_at end`.execute(db)
}
