/** What a box must have: a label with a value, or a number of nets of a type. */
export type Requirement = { kind: 'label'; key: string; value: string } | { kind: 'net'; type: string; count: number }

const NET = /^net:([A-Za-z0-9_-]{1,63})(?:>=([1-9][0-9]{0,2}))?$/
const LABEL = /^([A-Za-z0-9_.-]{1,63})=([^\0]{1,200})$/

/** Reads `dut=nrf52840`, `net:UART` or `net:UART>=2`. Returns undefined when it is none of them. */
export function parseRequirement(text: string): Requirement | undefined {
  const net = NET.exec(text)
  if (net?.[1]) return { kind: 'net', type: net[1], count: Number(net[2] ?? 1) }
  const label = LABEL.exec(text)
  if (label?.[1] && label[2] && label[1] !== 'net') return { kind: 'label', key: label[1], value: label[2] }
  return undefined
}
