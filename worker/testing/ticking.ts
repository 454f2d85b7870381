import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { JobId } from '../../core/ids'
import { countLines, eventually, type LabBox } from './lab'
import { aProxy } from './proxy'
import type { WiredLab } from './wired-lab'

/** Prints a number and leaves a mark on the box every tenth of a second until it is told to end; then exits with 3. */
const tick = (marks: string) =>
  [
    'import os, sys, time',
    'n = 0',
    'while not os.path.exists(sys.argv[1] + "/end"):',
    `    print(n, flush=True); open(${JSON.stringify(marks)}, "a").write("x\\n")`,
    '    n += 1; time.sleep(.1)',
    'sys.exit(3)',
  ].join('\n')

/** A job that prints every tenth of a second. `letGo(dir, 'end')` ends it; `ticks` is how often it printed, told by its box. */
export type Ticking = { box: LabBox; id: JobId; dir: string; ticks: () => number }
/** A line to a box, as `line` of a wired lab is one from all boxes to the box API. */
export type Way = Awaited<ReturnType<typeof aWay>>

/** A ticking job on a box of its own, which the worker reaches over `way`. */
export async function ticking(wired: WiredLab, more: Record<string, unknown> = {}, way?: Way): Promise<Ticking> {
  const box = await wired.lab.addBox(way ? { viaPort: way.port } : {})
  way?.to(Number(new URL(box.url).port))
  const job = await submitTicking(wired, box, more)
  await untilTicks(wired, job)
  return job
}

/** A ticking job for a box that is there; it may have to wait. */
export async function submitTicking({ lab }: WiredLab, box: LabBox, more: object = {}): Promise<Ticking> {
  const dir = mkdtempSync(path.join(lab.dir, 'ticking-'))
  const marks = path.join(dir, 'marks')
  const id = await lab.submit({ script: tick(marks), args: [dir], target: { box: box.name }, ...more })
  return { box, id, dir, ticks: () => countLines(marks) }
}

/** Resolves when its first line has arrived. */
export async function untilTicks({ lab }: WiredLab, { id }: Ticking): Promise<void> {
  await eventually('its first line', async () => (await lab.lines(id).catch(() => [])).length > 0)
}

/** Resolves when the script has gone on for about so long. */
export async function untilTicked({ ticks }: Ticking, seconds: number): Promise<void> {
  const from = ticks()
  await eventually(`${seconds} s of ticks`, () => ticks() >= from + seconds * 10, 60_000)
}

/** Every line that the script printed is there, once and in order. */
export async function expectAllLines({ lab }: WiredLab, { id, ticks }: Ticking): Promise<void> {
  const texts = (await lab.lines(id)).map(({ text }) => text)
  expect(texts).toEqual(Array.from({ length: ticks() }, (_, n) => String(n)))
}

export async function aWay() {
  let port = 0
  const to = (next: number) => {
    port = next
  }
  return Object.assign(await aProxy(() => port), { to })
}
