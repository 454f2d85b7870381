import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { anyPort } from '../../embedded/ports'
import { until } from '../../embedded/process'

/** A real Redis server of the test's own. `STOUT_REDIS_SERVER` names the program; `npm test` sees to it. */
export async function aRedis(
  more: Record<string, string> = {},
): Promise<AsyncDisposable & { url: string; port: number }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-redis-'))
  const port = await anyPort()
  const program = process.env.STOUT_REDIS_SERVER || 'redis-server'
  const settings = { port, bind: '127.0.0.1', dir, save: '', 'maxmemory-policy': 'noeviction', ...more }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)))
    server.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)))
    createInterface({ input: server.stdout }).on('line', (line) => line.includes('Ready to accept') && resolve())
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const SLOTS = 16_384

/** Its nodes talk on a port of their own. */
async function aClusterNode() {
  const busPort = await anyPort()
  const redis = await aRedis({
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '2000',
  })
  return { ...redis, busPort }
}

/** Three real Redis servers that are one cluster. `url` names them all, as REDIS_URL does. */
export async function aRedisCluster(): Promise<AsyncDisposable & { url: string }> {
  await using stack = new AsyncDisposableStack()
  const nodes = []
  for (let node = 0; node < 3; node++) {
    nodes.push(stack.use(await aClusterNode()))
  }
  const clients = nodes.map(({ url }) => stack.adopt(new Redis(url), (client) => client.disconnect()))
  const share = Math.ceil(SLOTS / nodes.length)
  for (const [index, client] of clients.entries()) {
    await client.cluster('ADDSLOTSRANGE', index * share, Math.min(SLOTS, (index + 1) * share) - 1)
    for (const { port, busPort } of nodes) await client.cluster('MEET', '127.0.0.1', port, busPort)
  }
  const agree = async () => {
    const told = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return told.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'))
  }
  if (!(await until(agree, 30_000))) throw new Error('The nodes of the cluster do not find each other')
  const whole = stack.move()
  return { url: nodes.map(({ url }) => url).join(','), [Symbol.asyncDispose]: () => whole.disposeAsync() }
}
