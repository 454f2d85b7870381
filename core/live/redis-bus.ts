import { Listeners, type LiveBus, splitWakes } from './bus'
import { openRedis } from './redis'

const CHANNEL = 'stout:live'
const MAX_PAYLOAD_BYTES = 64_000

/** The live bus on Redis publish/subscribe. */
export function openRedisBus(redisUrl: string): LiveBus {
  const listeners = new Listeners()
  // errors are not told: a lost wake-up delays
  const publisher = openRedis(redisUrl, 2, false)
  const subscriber = openRedis(redisUrl, null)
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
