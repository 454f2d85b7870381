import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { Listeners, type LiveBus, splitWakes } from './bus'
import { listen } from './listen'

const CHANNEL = 'stout_live'
/** Postgres takes 7,999 bytes a NOTIFY. */
const MAX_PAYLOAD_BYTES = 7_900

/**
 * The live bus on LISTEN/NOTIFY: one listening connection a process, one NOTIFY for a set of wake-ups. Commits that notify take turns
 * in the whole server, each until it is on the disk; a wake-up may be lost, so it does not wait for that.
 */
export function openPostgresBus(databaseUrl: string, db: Db): LiveBus {
  const listeners = new Listeners()
  const listening = listen(databaseUrl, [CHANNEL], {
    notification: (_, payload) => listeners.deliver(payload),
    up: () => listeners.wakeAll(),
  })
  return {
    async publish(wakes) {
      for (const payload of splitWakes(wakes, MAX_PAYLOAD_BYTES))
        await sql`select set_config('synchronous_commit', 'off', true), pg_notify(${CHANNEL}, ${payload})`.execute(db)
    },
    subscribe: (topic, onWake) => listeners.add(topic, onWake),
    close: () => listening.close(),
  }
}
