/** One measurement: `samples` of what is measured and `floor` samples of the bare thing beside it, both in `unit`. */
export type Figure = {
  name: string
  what: string
  unit: string
  floorWhat: string
  samples: number[]
  floor: number[]
  /** What it ought to be, for people. */
  aim?: string
}

/** What the command line says; each bench takes what concerns it. */
export type BenchOptions = {
  rounds: number
  backend: 'pg' | 'redis'
  jobs?: number | undefined
  watchers?: number | undefined
  /** Names of the sizes that are measured; all when absent. */
  only?: string[] | undefined
  /** A folder for a CPU profile of the worker. */
  profile?: string | undefined
}

/** The value below which a share `q` of the samples lies (nearest rank). */
function percentile(samples: number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

const round = (value: number) => Number(value.toPrecision(4))

/** One line of JSON: the figure is the median, the ratio is to the floor's median. */
export function toJson({ name, unit, samples, floor }: Figure): string {
  const figure = percentile(samples, 0.5)
  const floorFigure = percentile(floor, 0.5)
  return JSON.stringify({
    name,
    figure: round(figure),
    unit,
    floor: round(floorFigure),
    ratio: round(figure / floorFigure),
    p50: round(figure),
    p95: round(percentile(samples, 0.95)),
    p99: round(percentile(samples, 0.99)),
    samples: samples.length,
  })
}

/** The same for people. */
export function toTable({ what, unit, floorWhat, samples, floor, aim }: Figure): string {
  const row = (label: string, of: number[]) => {
    const columns = [0.5, 0.95, 0.99].map((q) => round(percentile(of, q)).toString().padStart(9))
    return `${label.padEnd(58)}${columns.join('')}  (${of.length} samples)`
  }
  const [middle, bare] = [percentile(samples, 0.5), percentile(floor, 0.5)]
  const ratio = bare === 0 ? '' : `${round(middle / bare)} of the floor, ` // of nothing, there is none
  const beside = `${ratio}${round(middle - bare)} ${unit} apart`
  const rows = [row(what, samples), row(floorWhat, floor), `${'medians'.padEnd(58)}  ${beside}`]
  if (aim) rows.push(`${'aim'.padEnd(58)}  ${aim}`)
  return [`${unit.padEnd(58)}      p50      p95      p99`, ...rows].join('\n')
}
