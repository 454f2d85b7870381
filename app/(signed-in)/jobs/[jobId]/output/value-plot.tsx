'use client'

import { useEffect, useRef, useState } from 'react'
import type uPlot from 'uplot'
import { formatClock } from '../../../../ui/format'
import { visibleText } from '../../../../ui/log/ansi'
import type { Series } from './value-columns'

const HEIGHT_PX = 150

/** One column of numbers as a curve over time. What it shows is told in words too; the table has every number. */
export function ValuePlot({ series: { name, xs, ys } }: { series: Series }) {
  const at = useRef<HTMLDivElement>(null)
  const plot = usePlot(at)
  const pointed = plot?.pointed
  useEffect(() => plot?.chart.setData([xs, ys]), [plot?.chart, xs, ys])
  const [least, most] = ys.reduce(([low, high], y) => [Math.min(low, y), Math.max(high, y)], [Infinity, -Infinity])
  const shown = visibleText(name)
  return (
    <figure className="min-w-0">
      <figcaption className="flex flex-wrap justify-between gap-x-3 text-xs">
        <span className="font-medium wrap-anywhere">{shown}</span>
        <span className="text-muted">
          {pointed == null
            ? `last ${short(ys.at(-1))}, ${short(least)} to ${short(most)}`
            : `here ${short(ys[pointed])}`}
        </span>
      </figcaption>
      <div ref={at} role="img" aria-label={`Curve of ${shown}`} style={{ minHeight: HEIGHT_PX }} />
    </figure>
  )
}

const short = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(6))))

/** A chart as wide as its place, in the colours of the page, and the place of the value that is pointed at. */
function usePlot(at: React.RefObject<HTMLDivElement | null>) {
  const [chart, setChart] = useState<uPlot | null>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  useEffect(() => {
    const element = at.current
    if (!element) return
    const leaving = new AbortController()
    void import('uplot').then(({ default: Plot }) => {
      if (leaving.signal.aborted) return
      const made = new Plot(options(element.clientWidth, setPointed), [[], []], element)
      const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }))
      resized.observe(element)
      const dark = window.matchMedia('(prefers-color-scheme: dark)')
      dark.addEventListener('change', () => made.redraw(false), { signal: leaving.signal })
      leaving.signal.addEventListener('abort', () => {
        resized.disconnect()
        made.destroy()
      })
      setChart(made)
    })
    return () => {
      leaving.abort()
      setChart(null)
    }
  }, [at])
  return chart && { chart, pointed }
}

function options(width: number, onPoint: (index: number | null) => void): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name)
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
  return {
    ...{ width, height: HEIGHT_PX, legend: { show: false } },
    axes: [
      {
        ...axis,
        size: 28,
        space: 80,
        values: (_, splits) => splits.map((at) => formatClock(new Date(at * 1_000).toISOString()).slice(0, 8)),
      },
      { ...axis, size: 56 },
    ],
    cursor: { drag: { x: false, y: false }, y: false },
    series: [{}, { stroke: colour('--accent'), width: 1.5, points: { show: (u) => (u.data[0].length ?? 0) < 50 } }],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  }
}
