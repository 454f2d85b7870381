import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { zipSync } from 'fflate'
import type { Launch } from './channel'

/** Runs by itself, after a supervisor is gone; everything else in the folder travels with a job. */
const REAP = 'reap.py'

export type Shipped = { zipFor(launch: Launch): Uint8Array<ArrayBuffer>; reapScript: Uint8Array<ArrayBuffer> }

/** Reads once what travels to boxes. @param folder box/supervisor of this installation */
export function loadShipped(folder: string): Shipped {
  const read = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)))
  const travelling = readdirSync(folder).filter((name) => name.endsWith('.py') && name !== REAP)
  const files = Object.fromEntries(travelling.map((name) => [name, read(name)]))
  return {
    reapScript: read(REAP),
    zipFor: ({ jobId, attempt, processId, claimToken, boxApiUrl, installation, giveUpSeconds }) => {
      const url = `${boxApiUrl}/box/v1/attempts/${jobId}/${attempt}`
      const settings = { url, jobId, attempt, installation, processId, claimToken, giveUpSeconds, ca: null }
      return zipSync({ ...files, 'launch.json': new TextEncoder().encode(JSON.stringify(settings)) }, { level: 0 })
    },
  }
}
