import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './lab'

/** A real Redis server of the test's own. `STOUT_REDIS_SERVER` names the program; `npm test` sees to it. */
export async function aRedis(): Promise<AsyncDisposable & { url: string }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-redis-'))
  const port = await freePort()
  const program = process.env.STOUT_REDIS_SERVER || 'redis-server'
  const settings = { port, bind: '127.0.0.1', dir, save: '', 'maxmemory-policy': 'noeviction' }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)))
    server.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)))
    createInterface({ input: server.stdout }).on('line', (line) => line.includes('Ready to accept') && resolve())
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
