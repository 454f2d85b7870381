import { Redis } from 'ioredis'
import { Listeners, type LiveBus, splitWakes } from './bus'

const CHANNEL = 'stout:live'
const MAX_PAYLOAD_BYTES = 64_000

/** The live bus on Redis publish/subscribe. */
export function openRedisBus(redisUrl: string): LiveBus {
  const listeners = new Listeners()
  const publisher = new Redis(redisUrl, { maxRetriesPerRequest: 2, enableOfflineQueue: false, lazyConnect: false })
  const subscriber = new Redis(redisUrl, { maxRetriesPerRequest: null })
  publisher.on('error', () => undefined) // a lost wake-up delays, and ioredis connects again by itself
  subscriber.on('error', () => undefined)
  subscriber.on('ready', () => listeners.wakeAll())
  subscriber.on('message', (_, payload) => listeners.deliver(payload))
  subscriber.subscribe(CHANNEL).catch(() => undefined)
  return {
    async publish(wakes) {
      for (const payload of splitWakes(wakes, MAX_PAYLOAD_BYTES)) await publisher.publish(CHANNEL, payload)
    },
    subscribe: (topic, onWake) => listeners.add(topic, onWake),
    async close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}
