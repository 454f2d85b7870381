import { readFile } from 'node:fs/promises'
import { SCOPE_VARIABLE } from './processes'
import type { RunRequest } from './run-request'
import type { StateRoot } from './state-root'

/** What the box itself contributes to a script's environment. */
export type BoxIdentity = { boxId: string; host: string; serviceEnv: Record<string, string | undefined> }

/** `KEY=VALUE` entries, split at the first `=`. Those without one are dropped; the later of two wins. */
function parseEnv(entries: string[]): Record<string, string> {
  const pairs = entries.filter((entry) => entry.includes('='))
  return Object.fromEntries(
    pairs.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
}

/** The service's own environment, less what would betray the control plane or mark the script as another's run. */
function inherited(serviceEnv: Record<string, string | undefined>): [string, string][] {
  return Object.entries(serviceEnv).flatMap(([key, value]) =>
    value === undefined || key.startsWith('STOUT_') || key === 'LAGER_PROCESS_ID'
      ? []
      : [[key, value] as [string, string]],
  )
}

async function readSecrets(file: string): Promise<Record<string, string>> {
  const parsed: unknown = await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch(() => ({}))
  if (typeof parsed !== 'object' || parsed === null) return {}
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [`LAGER_SECRET_${key}`, String(value)]))
}

/**
 * The environment of a script: the service's own, over it the client's entries, over those what no client may change.
 *
 * @param moduleFolder directory that the script runs in
 * @param outputChannel file whose growth is sent as fileno 3
 */
export async function buildEnvironment(
  request: RunRequest,
  box: BoxIdentity,
  state: StateRoot,
  run: { moduleFolder: string; outputChannel: string; clientIp: string },
): Promise<Record<string, string>> {
  return {
    ...Object.fromEntries(inherited(box.serviceEnv)),
    TMPDIR: state.tmp,
    ...parseEnv(request.env),
    PIGPIO_ADDR: box.serviceEnv.PIGPIO_ADDR ?? box.host,
    LAGER_HOST: box.host,
    LAGER_HOST_MODULE_FOLDER: run.moduleFolder,
    LAGER_STDOUT_IS_STDERR: request.mergeStderr ? 'True' : 'False',
    LAGER_OUTPUT_CHANNEL: run.outputChannel,
    PYTHONBREAKPOINT: 'lager.breakpoint.pause',
    LOCAL_ADDRESS: box.host,
    LAGER_BOX_ID: box.boxId,
    ...(await readSecrets(state.secretsFile)),
    LAGER_CLIENT_IP: run.clientIp,
    ...request.hardwareEnv,
    [SCOPE_VARIABLE]: state.scope,
  }
}
