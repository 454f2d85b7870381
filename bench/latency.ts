import type { Figure } from './stats'
import type { System } from './system'

const SCRIPT = 'print("first line")'

/** Submit by REST → first line at an SSE client, on an idle box; floor: the same script by a POST straight to the runtime. */
export async function latency(system: System, rounds: number): Promise<Figure> {
  const samples: number[] = []
  const floor: number[] = []
  for (let round = -2; round < rounds; round++) {
    await system.idle()
    const bare = await untilFirstLine((seen) => system.direct(SCRIPT, seen))
    const whole = await untilFirstLine(async (seen) => {
      const { id } = await system.submit({ script: SCRIPT, target: { box: system.box.name } })
      await system.follow(id, (lines) => seen(lines.map((line) => line.text).join()))
    })
    if (round < 0) continue // warm-up
    floor.push(bare)
    samples.push(whole)
  }
  return {
    name: 'latency',
    what: 'submit → first line at an SSE client',
    floorWhat: 'POST to the runtime → first line',
    unit: 'ms',
    samples,
    floor,
  }
}

async function untilFirstLine(run: (seen: (text: string) => void) => Promise<void>): Promise<number> {
  const began = performance.now()
  let took = Number.NaN
  await run((text) => {
    if (Number.isNaN(took) && text.includes('first line')) took = performance.now() - began
  })
  if (Number.isNaN(took)) throw new Error('The first line never came')
  return took
}
