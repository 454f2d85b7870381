import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { zipSync } from 'fflate'
import type { Launch } from './channel'
import type { ReapOrder } from './reap'

const LAUNCHER = 'main.py'
/** What runs after a supervisor is gone; everything else in the folder travels with a job. */
const REAP_ONLY = ['reap.py', 'recover.py', 'unsent.py']
/** What the reap shares with the supervisor. */
const REAP_NEEDS = ['recover.py', 'unsent.py', 'lines.py', 'processes.py', 'wire.py']

/** What a script left has so long to end by itself, and the control plane may be away for so long while a reap tells it things. */
const REAP_GRACE_SECONDS = 5
const REAP_PATIENCE_SECONDS = 10

export type Shipped = {
  /** Authorities that boxes shall trust besides their own, as PEM. */
  ca: string | null
  zipFor(launch: Launch): Uint8Array
  reapZipFor(order: ReapOrder): Uint8Array
}

/** Reads once what travels to boxes. @param folder box/supervisor of this installation */
export function loadShipped(folder: string, ca: string | null): Shipped {
  const read = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)))
  const notOfProgram = [LAUNCHER, ...REAP_ONLY]
  const ofProgram = readdirSync(folder).filter((name) => name.endsWith('.py') && !notOfProgram.includes(name))
  const files = { [LAUNCHER]: read(LAUNCHER), program: inOne(ofProgram.map((name) => [name, read(name)])) }
  const reapFiles = {
    [LAUNCHER]: read('reap.py'),
    ...Object.fromEntries(REAP_NEEDS.map((name) => [name, read(name)])),
  }
  return {
    ca,
    zipFor: ({ boxApiUrl, jobId, attempt, installation, processId, claimToken, giveUpSeconds }) => {
      const url = attemptUrl(boxApiUrl, jobId, attempt)
      const settings = { url, jobId, attempt, installation, processId, claimToken, giveUpSeconds, ca }
      return zipSync({ ...files, 'launch.json': json(settings) }, { level: 0 })
    },
    reapZipFor: ({ boxApiUrl, jobId, attempt, installation, processId, runToken, alone, discard }) => {
      const url = attemptUrl(boxApiUrl, jobId, attempt)
      const limits = { graceSeconds: REAP_GRACE_SECONDS, patienceSeconds: REAP_PATIENCE_SECONDS }
      const order = { url, jobId, attempt, installation, processId, runToken, alone, discard, ca, ...limits }
      return zipSync({ ...reapFiles, 'reap.json': json(order) }, { level: 0 })
    },
  }
}

/** Files as one, each after a line with its name and size: boxes need a millisecond for every file of a zip, however small. */
function inOne(files: [string, Uint8Array][]): Uint8Array {
  return Buffer.concat(files.flatMap(([name, bytes]) => [Buffer.from(`${name} ${bytes.length}\n`), bytes]))
}

const attemptUrl = (boxApiUrl: string, jobId: string, attempt: number) =>
  `${boxApiUrl}/box/v1/attempts/${jobId}/${attempt}`
const json = (value: object) => new TextEncoder().encode(JSON.stringify(value))
