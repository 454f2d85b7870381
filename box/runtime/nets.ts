import { readFile } from 'node:fs/promises'
import type { StateRoot } from './state-root'

/** Names of net types by the role that stands in saved_nets.json. */
const NET_TYPES: Record<string, string> = {
  analog: 'Analog',
  logic: 'Logic',
  waveform: 'Waveform',
  battery: 'Battery',
  'power-supply': 'PowerSupply',
  eload: 'ELoad',
  gpio: 'GPIO',
  adc: 'ADC',
  dac: 'DAC',
  thermocouple: 'Thermocouple',
  rotation: 'Rotation',
  wifi: 'Wifi',
  actuate: 'Actuate',
  'power-supply-2q': 'PowerSupply2Q',
  debug: 'Debug',
  arm: 'Arm',
  usb: 'Usb',
  'watt-meter': 'WattMeter',
  uart: 'UART',
  webcam: 'Webcam',
  scope: 'Analog',
  spi: 'SPI',
  i2c: 'I2C',
  'energy-analyzer': 'EnergyAnalyzer',
  router: 'Router',
  mikrotik: 'Router',
}

/** The nets file says something that a stock box trips over: an object where a list belongs. */
export class BrokenNets extends Error {}

async function readSaved(state: StateRoot): Promise<unknown> {
  return await readFile(state.savedNetsFile, 'utf8')
    .then(JSON.parse)
    .catch(() => [])
}

/** The nets as they were saved, with all their fields; none when the file is missing or holds no list. */
export async function readNets(state: StateRoot): Promise<unknown[]> {
  const saved = await readSaved(state)
  return Array.isArray(saved) ? saved : []
}

/** Name and type of each net. A role that has no type is shown as it stands. @throws BrokenNets */
export async function readNetTypes(state: StateRoot): Promise<{ name: string; type: string }[]> {
  const saved = await readSaved(state)
  if (!Array.isArray(saved)) {
    if (typeof saved === 'object' && saved !== null) throw new BrokenNets('saved_nets.json is no list')
    return []
  }
  return saved.map((net: { name?: string; role?: string }) => {
    const role = net.role ?? ''
    return { name: net.name ?? '', type: NET_TYPES[role] ?? role }
  })
}

/** What the version file says, or nothing without one. */
export async function readVersion(
  state: StateRoot,
): Promise<{ box_version: string; updater_version: string | null; raw: string } | undefined> {
  const raw = await readFile(state.versionFile, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  )
  if (raw === undefined) return undefined
  const bar = raw.indexOf('|')
  if (bar < 0) return { box_version: raw, updater_version: null, raw }
  return { box_version: raw.slice(0, bar), updater_version: raw.slice(bar + 1), raw }
}
