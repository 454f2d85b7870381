import { Cluster, Redis } from 'ioredis'

/** The nodes that a REDIS_URL names: one server, or several of a cluster, separated by commas. */
export const redisNodes = (redisUrl: string): string[] => redisUrl.split(',').map((node) => node.trim())

/**
 * A connection whose server says nothing for so long, though it was asked, is replaced: a half-open one would hold up what waits
 * for its answer until TCP gives up, which takes a quarter of an hour. Longer than any command that waits for its turn (10 s).
 */
export const DEAD_AFTER_MS = 20_000

/**
 * Connects to the Redis that REDIS_URL names; with more than one node, to the cluster that they belong to. Lost connections come
 * back by themselves; errors are told to nobody.
 * @param maxRetriesPerRequest null: a command waits until the connection is back
 */
export function openRedis(
  redisUrl: string,
  maxRetriesPerRequest: number | null,
  enableOfflineQueue = true,
): Redis | Cluster {
  const nodes = redisNodes(redisUrl)
  const redisOptions = { maxRetriesPerRequest, socketTimeout: DEAD_AFTER_MS }
  const redis =
    nodes.length > 1
      ? new Cluster(nodes, { enableOfflineQueue, redisOptions })
      : new Redis(nodes[0] ?? '', { enableOfflineQueue, ...redisOptions })
  redis.on('error', () => undefined)
  return redis
}
