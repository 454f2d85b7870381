import { Cluster, Redis } from 'ioredis'

/** The nodes that a REDIS_URL names: one server, or several of a cluster, separated by commas. */
export const redisNodes = (redisUrl: string): string[] => redisUrl.split(',').map((node) => node.trim())

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
  const redis =
    nodes.length > 1
      ? new Cluster(nodes, { enableOfflineQueue, redisOptions: { maxRetriesPerRequest } })
      : new Redis(nodes[0] ?? '', { enableOfflineQueue, maxRetriesPerRequest })
  redis.on('error', () => undefined)
  return redis
}
