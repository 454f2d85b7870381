import type { Form, Part } from './multipart'
import { RequestError } from './replies'

/** Longest run in seconds; more is cut to this in silence. 0 stands for no limit. */
const MAX_TIMEOUT_SECONDS = 300

/** What POST /python asks for. */
export type RunRequest = {
  script: Buffer | undefined
  /** A zip with main.py at its root. */
  module: Buffer | undefined
  args: string[]
  /** `KEY=VALUE` as they came. */
  env: string[]
  detach: boolean
  /** stderr goes the way of stdout. */
  mergeStderr: boolean
  /** Handed to timeout(1) as it is; negative numbers too, which that refuses. */
  timeoutSeconds: number
  /** LAGER_MUXES and its like, from fields of their own. */
  hardwareEnv: Record<string, string>
}

const HARDWARE_FIELDS = {
  muxes: 'LAGER_MUXES',
  usb_mapping: 'LAGER_USB_MAPPINGS',
  dut_commands: 'LAGER_DUT_COMMANDS',
} as const

const internal = (message: string) => new RequestError(500, `Internal server error: ${message}`)

function text(part: Part): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part.bytes)
  } catch {
    throw internal("'utf-8' codec can't decode the field: invalid bytes")
  }
}

function withoutNul(value: string): string {
  if (value.includes('\0')) throw internal('embedded null byte')
  return value
}

/** The one part of that name, or nothing. Only a part named *.py or *.zip counts as given when it is empty. */
function upload(form: Form, name: string): Buffer | undefined {
  const [part, second] = form.get(name) ?? []
  if (!part) return undefined
  if (second) throw internal(`'list' object has no attribute 'read'`)
  return part.bytes.length > 0 || /\.(py|zip)$/.test(part.filename ?? '') ? part.bytes : undefined
}

function isTrue(form: Form, name: string, fallback: boolean): boolean {
  const parts = form.get(name)
  if (!parts) return fallback
  const [part, second] = parts
  return !!part && !second && ['true', '1', 'yes', 'on'].includes(text(part).toLowerCase())
}

function timeout(form: Form): number {
  const [part, second] = form.get('timeout') ?? []
  if (!part) return MAX_TIMEOUT_SECONDS
  const value = second ? '[...]' : text(part)
  if (second || !/^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) {
    throw internal(`invalid literal for int() with base 10: '${value}'`)
  }
  return Math.min(Number(value.replaceAll('_', '')), MAX_TIMEOUT_SECONDS)
}

/**
 * Reads the fields of POST /python.
 *
 * @throws RequestError 500 for a field that a stock box trips over: a number that is none, bytes that are no UTF-8
 */
export function readRunRequest(form: Form): RunRequest {
  const hardwareEnv: Record<string, string> = {}
  for (const [field, variable] of Object.entries(HARDWARE_FIELDS)) {
    const part = form.get(field)?.[0]
    if (part && part.bytes.length > 0) hardwareEnv[variable] = withoutNul(text(part))
  }
  return {
    detach: isTrue(form, 'detach', false),
    mergeStderr: isTrue(form, 'stdout_is_stderr', true),
    timeoutSeconds: timeout(form),
    script: upload(form, 'script'),
    module: upload(form, 'module'),
    args: (form.get('args') ?? []).map((part) => withoutNul(text(part))),
    env: (form.get('env') ?? []).map((part) => withoutNul(text(part))),
    hardwareEnv,
  }
}
