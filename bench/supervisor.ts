import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { processes, until } from '../box/supervisor/testing/processes'
import { aRig, type Rig } from './rig'
import type { Figure } from './stats'

const LINES = 300_000
const MANY = `for i in range(${LINES}): print("line", i, "of a script that prints as fast as it can")`
const TICKS = 60
/** Prints the instant of each print, in ms since the epoch, by the clock of this machine. */
const TICKING = `import time
for _ in range(${TICKS}):
    print(f"t {time.time_ns() / 1e6}\\n", end="", flush=True)
    time.sleep(0.03)
`
const LOG_BYTES = 1 << 30
const LARGE = `line = "x" * 999
for _ in range(${Math.ceil(LOG_BYTES / 1_000)}): print(line)`

/** What a supervisor costs, beside the same scripts on the bare runtime in the same run: lines a second, delay, start and memory. */
export async function supervisor(rounds: number): Promise<Figure[]> {
  await using rig = await aRig()
  return [
    await throughput(rig, Math.max(2, Math.ceil(rounds / 4))),
    await delay(rig, Math.max(2, Math.ceil(rounds / 4))),
    await startUp(rig, rounds),
    await memory(rig),
  ]
}

async function throughput(rig: Rig, rounds: number): Promise<Figure> {
  const [samples, floor]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const bare = stopwatch()
    await rig.direct(MANY, bare.seen)
    floor.push(LINES / bare.seconds())
    const watch = stopwatch()
    let whole = 0
    const { collector, closed } = await rig.supervised(MANY, (lines) => {
      watch.seen()
      for (const { partial } of lines) if (!partial) whole++ // a script that stood still in mid-line left two pieces of it
    })
    await closed()
    await collector.stop()
    if (whole !== LINES) throw new Error(`${whole} of ${LINES} lines arrived`)
    samples.push(LINES / watch.seconds())
  }
  const what = 'lines a second, first to last, under a supervisor'
  return { name: 'supervisor-lines', what, floorWhat: 'the same on the bare runtime', unit: 'lines/s', samples, floor }
}

async function delay(rig: Rig, rounds: number): Promise<Figure> {
  const [samples, floor]: [number[], number[]] = [[], []]
  const delays = (text: string) =>
    [...text.matchAll(/t (\d+\.\d+)/g)].map((match) =>
      Math.max(0.1, performance.timeOrigin + performance.now() - Number(match[1])),
    )
  for (let round = 0; round < rounds; round++) {
    await rig.direct(TICKING, (text) => floor.push(...delays(text)))
    const { collector, closed } = await rig.supervised(TICKING, (lines) =>
      samples.push(...lines.flatMap(({ bytes }) => delays(bytes.toString()))),
    )
    await closed()
    await collector.stop()
  }
  const what = 'print → collector, under a supervisor'
  return { name: 'supervisor-delay', what, floorWhat: 'print → frame of the bare runtime', unit: 'ms', samples, floor }
}

async function startUp(rig: Rig, rounds: number): Promise<Figure> {
  const [samples, floor]: [number[], number[]] = [[], []]
  for (let round = -2; round < rounds; round++) {
    const began = performance.now()
    let bare = Number.NaN
    await rig.direct('print("up")', () => {
      bare = Number.isNaN(bare) ? performance.now() - began : bare
    })
    const posted = performance.now()
    let first = Number.NaN
    const { collector, closed } = await rig.supervised('print("up")', () => {
      first = Number.isNaN(first) ? performance.now() - posted : first
    })
    await closed()
    await collector.stop()
    if (round < 0) continue // warm-up
    samples.push(first)
    floor.push(bare)
  }
  const what = 'POST → first line, under a supervisor'
  return {
    name: 'supervisor-start',
    what,
    floorWhat: 'POST → first line of the bare runtime',
    unit: 'ms',
    samples,
    floor,
  }
}

/** The peak of a supervisor that spools a log of 1 GB while nobody listens, beside that of a Python that does nothing. */
async function memory(rig: Rig): Promise<Figure> {
  const idle = spawn('/usr/bin/python3', ['-I', '-S', '-c', 'input()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(idle, 'spawn')
  const { collector } = await rig.supervised(LARGE, () => undefined)
  await until('the claim', () => collector.claims.length > 0)
  await collector.stop()
  const named = (await processes()).filter(({ cmdline }) => cmdline.includes(`/stout-${collector.jobId}-`))
  const pid = named.find(({ comm }) => comm === 'stout-super')?.pid
  if (pid === undefined || idle.pid === undefined) throw new Error('there is no supervisor to look at')
  while (!hasEnded(rig.tmp, collector.jobId)) await new Promise((resolve) => setTimeout(resolve, 200))
  const [samples, floor] = [[peakMegabytes(pid)], [peakMegabytes(idle.pid)]]
  idle.kill()
  collector.mischief = () => 410
  await collector.listen() // it comes back, is told that it is not wanted, and removes its gigabyte
  await until('its leave', () => !readdirSync(rig.tmp).some((name) => name.includes(collector.jobId)))
  await collector.stop()
  const what = 'peak memory of a supervisor, 1 GB of log, nobody listens'
  return {
    name: 'supervisor-memory',
    what,
    floorWhat: 'peak memory of a Python that waits',
    unit: 'MB',
    samples,
    floor,
  }
}

function hasEnded(tmp: string, jobId: string): boolean {
  const own = readdirSync(tmp).find((name) => name.startsWith(`stout-${jobId}-`))
  return own !== undefined && existsSync(path.join(tmp, own, 'exit.json'))
}

function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Seconds from the first time that something was seen to the last. */
function stopwatch() {
  let [first, last] = [Number.NaN, Number.NaN]
  return {
    seen: () => {
      last = performance.now()
      if (Number.isNaN(first)) first = last
    },
    seconds: () => (last - first) / 1_000,
  }
}
