import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { ChildSpec } from './children'
import { startedAt } from './lock.mjs'
import { anyPort, isFree } from './ports'
import { commandLine, endProcess } from './process'
import type { DemoBoxAddress, StateFolder } from './state'

type DemoBox = {
  name: string
  host: string
  labels: Record<string, string>
  groups: string[]
  nets: { name: string; role: string }[]
}

/** Three benches with different instruments, so that jobs with different needs find different boxes. */
const DEMO_BOXES: readonly DemoBox[] = [
  {
    name: 'bench-1',
    host: '127.0.0.2',
    labels: { dut: 'nrf52840', site: 'lab-a' },
    groups: ['lab-a'],
    nets: [
      { name: 'vdd', role: 'power-supply' },
      { name: 'console', role: 'uart' },
      { name: 'swd', role: 'debug' },
    ],
  },
  {
    name: 'bench-2',
    host: '127.0.0.3',
    labels: { dut: 'stm32', site: 'lab-a' },
    groups: ['lab-a'],
    nets: [
      { name: 'vbat', role: 'battery' },
      { name: 'console', role: 'uart' },
      { name: 'modem', role: 'uart' },
      { name: 'led', role: 'gpio' },
    ],
  },
  {
    name: 'bench-3',
    host: '127.0.0.4',
    labels: { dut: 'esp32', site: 'lab-b' },
    groups: ['lab-b'],
    nets: [
      { name: 'load', role: 'eload' },
      { name: 'temperature', role: 'thermocouple' },
      { name: 'current', role: 'adc' },
    ],
  },
]

/** A box as it is registered: where it stands, what opens it, what it is for. */
export type RegisteredBox = DemoBoxAddress & { labels: Record<string, string>; groups: string[] }

/**
 * Where the demo boxes listen: the ports of a real box on loopback addresses of their own, where the platform has such
 * addresses and nobody uses them; else free ports on 127.0.0.1. What was chosen before is taken again when it is free.
 * Without `likeReal` it is free ports at once: installations for tests, of which many start at the same time, would take the
 * same addresses before either listens there.
 */
export async function chooseAddresses(before: readonly DemoBoxAddress[], likeReal: boolean): Promise<RegisteredBox[]> {
  const chosen: RegisteredBox[] = []
  for (const { name, host, labels, groups } of DEMO_BOXES) {
    const last = before.find((box) => box.name === name)
    const real = { host, pythonPort: 5000, httpPort: 9000 }
    const address = await firstFree([...(last ? [last] : []), ...(likeReal ? [real] : [])])
    const token = last?.token ?? randomBytes(24).toString('base64url')
    chosen.push({ name, labels, groups, token, ...(address ?? (await someAddress())) })
  }
  return chosen
}

type Address = { host: string; pythonPort: number; httpPort: number }

async function firstFree(addresses: readonly Address[]): Promise<Address | undefined> {
  for (const { host, pythonPort, httpPort } of addresses) {
    if ((await isFree(pythonPort, host)) && (await isFree(httpPort, host))) return { host, pythonPort, httpPort }
  }
}

async function someAddress(): Promise<Address> {
  const pythonPort = await anyPort()
  const httpPort = await anyPort()
  return { host: '127.0.0.1', pythonPort, httpPort }
}

/** How to start the runtime of a demo box. Writes its configuration, which holds its token, to the state folder. */
export function boxProcess(state: StateFolder, bundle: string, box: RegisteredBox): ChildSpec {
  const { name, host, pythonPort, httpPort, token } = box
  mkdirSync(state.file('boxes', name), { recursive: true, mode: 0o700 })
  state.writeJson(`boxes/${name}.json`, {
    boxId: name,
    host,
    pythonPort,
    httpPort,
    token,
    stateRoot: stateRoot(state, name),
    nets: DEMO_BOXES.find((demo) => demo.name === name)?.nets ?? [],
    version: '0.40.0',
  })
  const { PATH, HOME, LANG } = process.env
  return {
    name,
    command: [process.execPath, '--enable-source-maps', bundle, '--config', state.file('boxes', `${name}.json`)],
    env: () => ({ PATH, HOME, LANG: LANG ?? 'C.UTF-8', NODE_ENV: 'production' }),
    cwd: state.file('boxes', name),
  }
}

function stateRoot(state: StateFolder, name: string): string {
  return state.file('boxes', name, 'state')
}

/**
 * Ends everything that the demo boxes started and that outlives their runtimes (supervisors are daemons): what carries a
 * box's kill scope in its environment, or is a Python that runs a file below its state root (a supervisor hides its
 * environment).
 */
export async function endBoxProcesses(state: StateFolder, graceMs: number): Promise<void> {
  const marks = DEMO_BOXES.map(({ name }) => ({ root: stateRoot(state, name), scope: scopeOf(stateRoot(state, name)) }))
  const found = await processesWhere((command, environment) =>
    marks.some(
      ({ root, scope }) =>
        (/^\S*python[\d.]*\s/.test(command) && command.includes(`${root}/`)) ||
        (scope !== null && environment.includes(scope)),
    ),
  )
  await Promise.all(found.map((pid) => endProcess({ pid, startedAt: startedAt(pid) }, { graceMs })))
}

function scopeOf(root: string): string | null {
  try {
    return readFileSync(`${root}/scope`, 'utf8').trim() || null
  } catch {
    return null
  }
}

async function processesWhere(fits: (command: string, environment: string) => boolean): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
  const fitting: number[] = []
  for (const pid of pids) if (fits(await commandLine(pid), environmentOf(pid))) fitting.push(pid)
  return fitting
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
