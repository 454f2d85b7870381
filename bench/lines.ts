import type { Figure } from './stats'
import type { System } from './system'

const LINES = 100
/** Prints the instant of each print, in ms since the epoch, by the clock of this machine. */
const SCRIPT = `import time
for _ in range(${LINES}):
    print(f"t {time.time_ns() / 1e6}\\n", end="", flush=True)
    time.sleep(0.03)
`

/** print → SSE client while a job prints some 33 lines/s; floor: the same script by a POST straight to the runtime. */
export async function lines(system: System, rounds: number): Promise<Figure> {
  const samples: number[] = []
  const floor: number[] = []
  const delays = (text: string) => [...text.matchAll(/t (\d+\.\d+)/g)].map((match) => Date.now() - Number(match[1]))
  for (let round = 0; round < rounds; round++) {
    await system.idle()
    await system.direct(SCRIPT, (text) => floor.push(...delays(text)))
    const { id } = await system.submit({ script: SCRIPT, target: { box: system.box.name } })
    const before = samples.length
    await system.follow(id, (batch) => samples.push(...batch.flatMap((line) => delays(line.text))))
    if (samples.length - before !== LINES)
      throw new Error(`${LINES} lines were printed, ${samples.length - before} arrived`)
  }
  const positive = (ms: number) => Math.max(ms, 0.1) // Date.now() counts whole milliseconds
  return {
    name: 'lines',
    what: 'print → line at an SSE client',
    floorWhat: 'print → bytes at a client of the runtime',
    unit: 'ms',
    samples: samples.map(positive),
    floor: floor.map(positive),
  }
}
