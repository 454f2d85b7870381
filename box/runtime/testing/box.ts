import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BoxOptions, type RunningBox, startBox } from '../box'
import type { BoxConfig } from '../config'

export type TestBox = RunningBox &
  AsyncDisposable & { log: { msg: string }[]; stateRoot: string; tmp: string; config: BoxConfig }

/** Starts a real box on free ports, with a state root of its own that goes with it. */
export async function testBox(config: Partial<BoxConfig> = {}, options: BoxOptions = {}): Promise<TestBox> {
  const stateRoot = config.stateRoot ?? (await mkdtemp(join(tmpdir(), 'stout-box-')))
  const whole: BoxConfig = {
    boxId: 'box-1',
    host: '127.0.0.1',
    pythonPort: 0,
    httpPort: 0,
    nets: [],
    stateRoot,
    ...config,
  }
  const log: { msg: string }[] = []
  const box = await startBox(whole, {
    log: (entry) => void log.push(entry),
    serviceEnv: { PATH: process.env.PATH },
    ...options,
  })
  return {
    ...box,
    log,
    stateRoot,
    tmp: join(stateRoot, 'tmp'),
    config: whole,
    async [Symbol.asyncDispose]() {
      await box.close()
      await rm(stateRoot, { recursive: true, force: true })
    },
  }
}
