import pg from 'pg'
import { connectionConfig } from '../../db/client'

const RECONNECT_MS = 500

/**
 * LISTENs on channels over a connection of its own (never through a pooler), and connects again for ever when it is lost.
 * @param onUp called after each connection, also the first: what was sent before it is lost
 */
export function listen(
  databaseUrl: string,
  channels: string[],
  on: { notification: (channel: string, payload: string) => void; up: () => void; down?: (error: Error) => void },
): { close(): Promise<void> } {
  let closed = false
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined

  const again = (error: Error) => {
    if (closed || retry) return
    on.down?.(error)
    retry = setTimeout(() => {
      retry = undefined
      void connect()
    }, RECONNECT_MS)
  }
  const connect = async () => {
    const mine = new pg.Client(connectionConfig(databaseUrl, 'stout-listen'))
    client = mine
    mine.on('error', again)
    mine.on('end', () => again(new Error('The listening connection ended')))
    mine.on('notification', ({ channel, payload }) => on.notification(channel, payload ?? ''))
    try {
      await mine.connect()
      for (const channel of channels) await mine.query(`listen ${pg.escapeIdentifier(channel)}`)
      on.up()
    } catch (error) {
      await mine.end().catch(() => undefined)
      again(error as Error)
    }
  }
  void connect()
  return {
    async close() {
      closed = true
      clearTimeout(retry)
      await client?.end().catch(() => undefined)
    },
  }
}
