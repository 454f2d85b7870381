import { z } from 'zod'
import type { Refusal } from '../attempts/return-job'
import type { BoxFacts, BoxProbe } from './channel'
import { readRun } from './frames'
import { type Inspection, inspectionSchema, inspectScript } from './inspection'
import { type LagerCall, neverArrived, reasonOf } from './lager-call'
import type { RunForm } from './run-form'

const PROBE_MS = 4_000
/** A run takes a tenth of a second, its calls at most 8 s; a box that ends another run lets it wait for longer than that. */
const INSPECT_MS = 20_000

export const DENIED: Refusal = { kind: 'unauthorised', detail: 'the box does not accept its token' }

/** True if a box, or a gateway before it, says that we may not come in. */
export const deniesUs = (status: number) => status === 401 || status === 403

const text = (characters: number) =>
  z.coerce.string().transform((given) => given.replaceAll('\0', '').slice(0, characters))
const statusSchema = z.object({
  version: text(100).default('unknown'),
  nets: z
    .array(z.object({ name: text(200), type: text(100) }))
    .max(1_000)
    .default([]),
})
const lockSchema = z.object({ locked: z.boolean().default(false), user: text(200).optional() })

/** Looks at a box through its Python port. @param ca authorities that the box shall trust besides its own, as PEM */
export function lagerProbe(call: LagerCall, ca: string | null): BoxProbe {
  return {
    async probe() {
      try {
        return await askStatus(call)
      } catch (error) {
        return { kind: 'unreachable', detail: reasonOf(error) }
      }
    },
    async inspect(urls) {
      const file = { field: 'script', name: 'inspect.py', bytes: Buffer.from(inspectScript(ca)) } as const
      const fields: RunForm['fields'] = [
        ['args', JSON.stringify({ urls })],
        ['env', `LAGER_PROCESS_ID=${crypto.randomUUID()}`],
        ['env', 'STOUT_INSPECT=1'],
        ['timeout', '15'],
      ]
      try {
        return await runInspection(call, { file, fields })
      } catch (error) {
        return { kind: neverArrived(error) ? 'unreachable' : 'silent', detail: reasonOf(error) }
      }
    },
  }
}

async function askStatus(call: LagerCall): Promise<BoxFacts | Refusal> {
  const [status, lock] = await Promise.all([call.ask('GET', '/status', PROBE_MS), call.ask('GET', '/lock', PROBE_MS)])
  if (deniesUs(status.status) || deniesUs(lock.status)) return DENIED
  if (!status.ok || !lock.ok) {
    return { kind: 'incompatible', detail: `GET /status answered ${status.status}, GET /lock ${lock.status}` }
  }
  const facts = statusSchema.safeParse(parse(status.text))
  const held = lockSchema.safeParse(parse(lock.text))
  if (!facts.success || !held.success) {
    return {
      kind: 'incompatible',
      detail: 'what answers there is no box: its /status and /lock are not those of a box',
    }
  }
  const { locked, user } = held.data
  return { ...facts.data, lockHolder: locked ? (user ?? 'somebody') : null }
}

async function runInspection(call: LagerCall, form: RunForm): Promise<Inspection | Refusal> {
  const { status, text: complaint, frames } = await call.run(form, INSPECT_MS)
  if (deniesUs(status)) return DENIED
  if (status !== 200)
    return { kind: 'incompatible', detail: `POST /python answered ${status}: ${complaint.slice(0, 500)}` }
  const { exitCode, stdout } = await readRun(frames)
  if (exitCode === undefined) return { kind: 'silent', detail: 'the answer broke off before the exit frame' }
  const told = inspectionSchema.safeParse(parse(stdout.trim().split('\n').at(-1) ?? ''))
  if (told.success) return told.data
  const said = stdout.trim().slice(-500)
  return { kind: 'incompatible', detail: `a Python script exited with ${exitCode} there: ${said || 'it said nothing'}` }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
