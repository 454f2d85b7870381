import type { Figure } from './stats'
import type { System } from './system'

const LINES = 1_000_000
const LINE_BYTES = 100
const POLL_MS = 50
/** Lines of 100 bytes with their newline, each with its number. */
const SCRIPT = `import sys
for n in range(${LINES}):
    sys.stdout.write(f"{n + 1:>9} {'x' * ${LINE_BYTES - 11}}\\n")
`

/**
 * A job that prints a million lines of 100 bytes, from its submission until the last line can be read by REST; all of them are
 * then downloaded and counted. Floor: the same script on the bare runtime, read to its end.
 */
export async function bulkLog(system: System, rounds: number): Promise<Figure> {
  const [samples, floor]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    await system.idle()
    floor.push(await bare(system))
    const began = performance.now()
    const { id } = await system.submit({ script: SCRIPT, target: { box: system.box.name } })
    await untilReadable(system, id)
    samples.push((performance.now() - began) / 1_000)
    await system.completed(id)
    await nothingLost(system, id)
  }
  const what = `${LINES} lines of ${LINE_BYTES} B: submission → the last one readable by REST`
  const floorWhat = 'the bare runtime → a reader, POST to last byte'
  return { name: 'bulk-log', what, floorWhat, unit: 's', aim: '≤ 5 of the floor', samples, floor }
}

async function bare(system: System): Promise<number> {
  const began = performance.now()
  let newlines = 0
  await system.direct(SCRIPT, (text) => {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) newlines++
  })
  if (newlines < LINES) throw new Error(`The runtime streamed ${newlines} of ${LINES} lines`)
  return (performance.now() - began) / 1_000
}

async function untilReadable(system: System, jobId: string): Promise<void> {
  for (;;) {
    const { items } = await system.log(jobId, LINES, 1)
    if (items[0]?.n === LINES) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function nothingLost(system: System, jobId: string): Promise<void> {
  let [expected, rest] = [1, '']
  for await (const piece of system.rawLog(jobId)) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (Number(line.slice(0, 9)) !== expected || line.length !== LINE_BYTES - 1)
        throw new Error(`Line ${expected} is ${JSON.stringify(line)}`)
      expected++
    }
  }
  if (expected !== LINES + 1) throw new Error(`The log ends before line ${expected}`)
}
