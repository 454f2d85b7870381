import type { Line } from '../../worker/testing/proxy'
import type { ChaosSystem } from '../system'
import { aFault, BOX_LIMIT_MS, type Fault } from './fault'

const LINES: [Line, string][] = [
  ['cut', 'cut'],
  ['dead', 'half-open'],
  ['slow', 'slow'],
  ['dripping', 'dripping'],
]

/** Every line between processes of ours, broken in every way. */
export function brokenLines({ lines }: ChaosSystem): Fault[] {
  return Object.entries(lines).flatMap(([name, proxies]) =>
    LINES.map(([line, word]) => {
      const turn = (to: Line) => {
        for (const proxy of proxies) proxy.turn(to)
      }
      const strike = async () => turn(line)
      const heal = async () => {
        // what went dead or drips stays so for those who had it: cutting it is what a router does that comes back
        if (line === 'dead' || line === 'dripping') turn('cut')
        turn('up')
      }
      const limit = name === 'worker to box' ? { limitMs: BOX_LIMIT_MS } : {}
      return aFault(`${word} ${name}`, strike, { lasts: 'brokenMs', heal, ...limit })
    }),
  )
}
