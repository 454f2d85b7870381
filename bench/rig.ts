import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Line } from '../box/supervisor/testing/batch'
import { CLAIM_TOKEN, Collector } from '../box/supervisor/testing/collector'
import { endEverything, until } from '../box/supervisor/testing/processes'
import { lagerCall } from '../core/channels/lager-call'
import type { RunForm } from '../core/channels/run-form'
import { loadShipped } from '../core/channels/shipped'
import { startProgram } from '../worker/testing/processes'
import { type BareBox, runDirectly } from './direct'

const TOKEN = 'bench'
/** Read once, as the worker does. */
const SHIPPED = loadShipped(path.join(import.meta.dirname, '..', 'box', 'supervisor'), null)

/** A run under a supervisor. `closed` resolves when it said `done`. */
export type Supervised = { collector: Collector; closed(): Promise<void> }
/** A box runtime alone, and supervisors that tell a collector in this process: what lies between them is measured, nothing else. */
export type Rig = AsyncDisposable & {
  tmp: string
  direct(script: string, onOutput: (text: string) => void): Promise<void>
  /** Posts launcher and supervisor as the worker does. `arrived` gets lines as they come. */
  supervised(script: string, arrived: (lines: Line[]) => void): Promise<Supervised>
}

export async function aRig(): Promise<Rig> {
  const stack = new AsyncDisposableStack()
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-box-'))
  stack.defer(() => rmSync(dir, { recursive: true, force: true }))
  const config = path.join(dir, 'box.json')
  const stateRoot = path.join(dir, 'state')
  const where = { host: '127.0.0.1', pythonPort: 0, httpPort: 0, stateRoot }
  writeFileSync(config, JSON.stringify({ boxId: 'bench', nets: [], token: TOKEN, niceness: 0, ...where }))
  const runtime = stack.use(await startProgram('box', ['--config', config], {}, 'box listens'))
  const tmp = path.join(stateRoot, 'tmp')
  stack.defer(() => endEverything(tmp, crypto.randomUUID()))
  const pythonPort = Number(new URL(String(runtime.ready.pythonUrl)).port)
  const box: BareBox = { host: '127.0.0.1', pythonPort, token: TOKEN }
  return {
    tmp,
    direct: (script, onOutput) => runDirectly(box, script, onOutput),
    async supervised(script, arrived) {
      const collector = aCollector(script)
      stack.defer(() => collector.stop())
      collector.arrived = arrived
      await collector.listen()
      await launch(box, collector)
      return { collector, closed: () => until('done', () => collector.dones.length > 0) }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function aCollector(script: string): Collector {
  const limits = { graceSeconds: 1, remainingSeconds: 3_600, noOutputTimeoutSeconds: null, spoolBytes: 4 * 1024 ** 3 }
  const collector = new Collector({ script, args: [], env: {}, lock: null, ...limits })
  collector.keepsLines = false
  return collector
}

async function launch(box: BareBox, { url, jobId }: Collector): Promise<void> {
  const processId = crypto.randomUUID()
  const [boxApiUrl = ''] = url.split('/box/v1/')
  const attempt = { jobId: jobId as `job_${string}`, attempt: 1, installation: 'bench', processId }
  const lock = { user: 'bench', ttlSeconds: 60 }
  const zip = SHIPPED.zipFor({
    ...{ ...attempt, boxApiUrl, claimToken: CLAIM_TOKEN, giveUpSeconds: 60, lock },
  })
  const file = { field: 'module', name: 'module.zip', bytes: zip } as const
  const fields: RunForm['fields'] = [
    ['env', `LAGER_PROCESS_ID=${processId}`],
    ['env', `STOUT_LAUNCH=${jobId}/1`],
    ['timeout', '60'],
  ]
  const { status, text } = await lagerCall(box).run({ file, fields }, 60_000)
  if (status !== 200) throw new Error(`POST /python answered ${status}: ${text}`)
}
