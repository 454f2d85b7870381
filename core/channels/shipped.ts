import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { zipSync } from 'fflate'
import type { Launch } from './channel'
import type { ReapOrder } from './reap'

/** What runs after a supervisor is gone; everything else in the folder travels with a job. */
const REAP_ONLY = ['reap.py', 'recover.py', 'unsent.py']
/** What the reap shares with the supervisor. */
const REAP_NEEDS = ['recover.py', 'unsent.py', 'lines.py', 'processes.py', 'wire.py']

/** What a script left has so long to end by itself, and the control plane may be away for so long while a reap tells it things. */
const REAP_GRACE_SECONDS = 5
const REAP_PATIENCE_SECONDS = 10

type Zip = Uint8Array<ArrayBuffer>
export type Shipped = {
  /** Authorities that boxes shall trust besides their own, as PEM. */
  ca: string | null
  zipFor(launch: Launch): Zip
  reapZipFor(order: ReapOrder): Zip
}

/** Reads once what travels to boxes. @param folder box/supervisor of this installation */
export function loadShipped(folder: string, ca: string | null): Shipped {
  const read = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)))
  const travelling = readdirSync(folder).filter((name) => name.endsWith('.py') && !REAP_ONLY.includes(name))
  const files = Object.fromEntries(travelling.map((name) => [name, read(name)]))
  const reapFiles = {
    'main.py': read('reap.py'),
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

const attemptUrl = (boxApiUrl: string, jobId: string, attempt: number) =>
  `${boxApiUrl}/box/v1/attempts/${jobId}/${attempt}`
const json = (value: object) => new TextEncoder().encode(JSON.stringify(value))
