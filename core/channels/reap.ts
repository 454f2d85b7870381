import { z } from 'zod'
import type { AttemptRef } from '../attempts/tokens'
import { readRun } from './frames'
import { type LagerCall, reasonOf } from './lager-call'
import type { RunForm } from './run-form'

/** What a reap needs. `alone`: it may end processes. `discard`: remove also what nobody took. */
export type ReapOrder = AttemptRef & {
  processId: string
  installation: string
  /** Where the reap reaches the box API, without a slash at the end, and its right to speak for the attempt. */
  boxApiUrl: string
  runToken: string
  alone: boolean
  discard: boolean
}

const text = (characters: number) =>
  z.string().transform((given) => given.replaceAll('\0', '').toWellFormed().slice(0, characters))
const count = z.number().int().min(0).default(0)

const verdictSchema = z.object({
  supervisor: z.enum(['alive', 'gone']),
  bootId: text(100),
  lagerBoxId: text(200).default('unknown'),
  ended: count,
  quiet: z.boolean().default(false),
  told: z.boolean().default(false),
  lines: count,
  lost: count,
  removed: z.boolean().default(false),
  log: text(4_000).default(''),
})

/**
 * What is left on a box of an attempt whose supervisor is gone. `ended` processes were ended; `quiet`: none is left. `told`:
 * nothing lies there any more that the box API has not got, after `lines` were recovered and `lost` became gaps. `removed`: its
 * directory was there, and is gone. `log`: the end of what the supervisor said of its own troubles.
 */
export type Remains = Omit<z.infer<typeof verdictSchema>, 'supervisor'>

/** What a reap found. `alive`: the supervisor still runs, nothing was touched. `unreachable`: the box could not be asked. */
export type ReapVerdict =
  | { kind: 'alive' }
  | { kind: 'gone'; remains: Remains }
  | { kind: 'unreachable'; detail: string }

/** A run on a stock box ends after 300 s at the latest. */
const RUN_SECONDS = 300
/** And may be held back for 69 s before it begins. */
const REAP_MS = 390_000

/** Runs the reap on a box, as an attached run of a module. */
export async function reapBy(call: LagerCall, { jobId, attempt }: AttemptRef, zip: Uint8Array): Promise<ReapVerdict> {
  const file = { field: 'module', name: 'module.zip', bytes: zip } as const
  const fields: RunForm['fields'] = [
    ['env', `LAGER_PROCESS_ID=${crypto.randomUUID()}`],
    ['env', `STOUT_REAP=${jobId}/${attempt}`],
    ['timeout', String(RUN_SECONDS)],
  ]
  try {
    const { status, frames } = await call.run({ file, fields }, REAP_MS)
    if (status !== 200) return unreachable(`POST /python answered ${status}`)
    const { exitCode, stdout } = await readRun(frames)
    if (exitCode !== 0) return unreachable(`the reap exited with ${exitCode}: ${stdout.trim().slice(-500)}`)
    const told = verdictSchema.safeParse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
    if (!told.success) return unreachable('the reap gave no verdict')
    const { supervisor, ...remains } = told.data
    return supervisor === 'alive' ? { kind: 'alive' } : { kind: 'gone', remains }
  } catch (error) {
    return unreachable(reasonOf(error))
  }
}

const unreachable = (detail: string): ReapVerdict => ({ kind: 'unreachable', detail })
