import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findTagged, signal, waitUntilGone } from './processes'
import { RequestError } from './replies'
import type { StateRoot } from './state-root'

const SIGTERM = 15
const SIGKILL = 9
const MAX_SIGNAL = 64

/** Whether Python's uuid.UUID would take it: 32 hex digits, hyphens anywhere, braces and `urn:uuid:` allowed. */
export function isUuid(text: string): boolean {
  const digits = text
    .replace(/urn:|uuid:/g, '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
  return /^[0-9a-f]{32}$/i.test(digits)
}

/** Parses a body that must be a JSON object. @throws RequestError 500, as a stock box answers anything else */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new RequestError(500, `Internal server error: ${error instanceof Error ? error.message : error}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RequestError(500, "Internal server error: the body has no attribute 'get'")
  }
  return parsed as Record<string, unknown>
}

/** Reads an id that must be a UUID; nothing when it is absent or empty. @throws RequestError 422, 500 for no text */
export function readProcessId(data: Record<string, unknown>): string | undefined {
  const id = data.lager_process_id
  if (!id) return undefined
  if (typeof id !== 'string') throw new RequestError(500, "Internal server error: the id has no attribute 'replace'")
  if (!isUuid(id)) throw new RequestError(422, `Invalid process UUID: ${id}`)
  return id
}

function readSignal(data: Record<string, unknown>): number {
  const given = data.signal === undefined ? SIGTERM : data.signal
  const valid = typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= MAX_SIGNAL
  if (!valid) throw new RequestError(422, `Invalid signal: ${String(given)}`)
  return given
}

/**
 * Ends the processes of a run, or of every tagged run when no id is given, as POST /python/kill does: SIGKILL goes to
 * each of them, any other signal only to those whose process group leader is not among them (timeout(1) passes it
 * on). What is left after `graceMs` gets SIGKILL whatever the signal was. Then the detached run's directory is removed.
 * Only processes of this box's own scope are ever touched.
 *
 * @throws RequestError 422 for a signal outside 0..64 or an id that is no UUID, 500 for a body that is no JSON object
 */
export async function kill(body: Buffer, state: StateRoot, graceMs: number): Promise<void> {
  const data = parseJsonObject(body)
  const signalNumber = readSignal(data)
  const id = readProcessId(data)
  const found = findTagged(state.scope, id)
  const pids = new Set(found.map(({ pid }) => pid))
  const runs = id ? [id] : await readdir(state.processes).catch(() => [])
  // First the descriptions, so that no attached client is told of a regular end.
  await Promise.all(runs.map((run) => rm(join(state.processes, run, 'meta.json'), { force: true })))
  for (const one of found) {
    if (signalNumber === SIGKILL || one.pgid === one.pid || !pids.has(one.pgid)) signal(one, signalNumber)
  }
  const left = await waitUntilGone(found, graceMs)
  for (const one of left) signal(one, SIGKILL)
  await rm(id ? join(state.processes, id) : state.processes, { recursive: true, force: true })
}
