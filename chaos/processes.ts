import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Build } from '../embedded/build'
import type { Children } from '../embedded/children'
import { anyPort } from '../embedded/ports'

/** SIGUSR2 puts the clock of whatever is started with it forward by an hour, and the next one back. */
const JUMPING_CLOCK = fileURLToPath(new URL('../worker/testing/jumping-clock.mjs', import.meta.url))
export const BOX_TOKEN = 'box-token-of-chaos'

/** Starts the processes of one installation; each is started again when it ends. */
export class Processes {
  readonly names: string[] = []

  constructor(
    private readonly dir: string,
    private readonly children: Children,
    private readonly programs: Build,
  ) {}

  store(folder: string, port: number, env: Record<string, string>): void {
    this.#node('store', [this.programs.store], { ...env, STOUT_STORE_DIR: folder, STOUT_STORE_PORT: String(port) })
  }

  worker(name: string, port: number, env: Record<string, string>): void {
    this.#node(name, [this.programs.worker], { ...env, STOUT_WORKER_PORT: String(port), TMPDIR: this.tmp(name) })
  }

  web(name: string, port: number, env: Record<string, string>): void {
    const next = ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1']
    this.#node(name, next, { ...env, STOUT_NEXT_DIR: this.programs.nextDir, TMPDIR: this.tmp(name) })
  }

  async box(name: string, stateRoot: string): Promise<number> {
    const [pythonPort, httpPort] = [await anyPort(), await anyPort()]
    const config = path.join(this.dir, `${name}.json`)
    const settings = { boxId: name, host: '127.0.0.1', pythonPort, httpPort, stateRoot, token: BOX_TOKEN }
    writeFileSync(config, JSON.stringify({ ...settings, nets: [], niceness: 0 }))
    this.#node(name, [this.programs.box, '--config', config], {})
    return pythonPort
  }

  redis(port: number): void {
    const folder = path.join(this.dir, 'redis')
    mkdirSync(folder)
    const program = process.env.STOUT_REDIS_SERVER || 'redis-server'
    const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', 'maxmemory-policy': 'noeviction' }
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    this.#start('redis', [program, ...options], {})
  }

  /** The folder for temporary files of one process of ours. */
  tmp(name: string): string {
    const folder = path.join(this.dir, 'tmp', name)
    mkdirSync(folder, { recursive: true })
    return folder
  }

  #node(name: string, command: string[], env: Record<string, string>): void {
    this.#start(name, [process.execPath, '--import', JUMPING_CLOCK, ...command], env)
  }

  #start(name: string, command: string[], env: Record<string, string>): void {
    this.names.push(name)
    const whole = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' as const, ...env }
    this.children.start({ name, command, env: () => whole })
  }
}
