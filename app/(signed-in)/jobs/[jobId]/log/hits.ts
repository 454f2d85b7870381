import type { LogScan } from './log-scan'

/** The lines that have a text, as far as they are known. */
export type Hits = LogScan<number>

/**
 * Index of the hit to show first: the first one in or after what is in sight; else, once all are known, the last one. Null while that is
 * not known, and where only some of the hits were collected, of which none is it.
 */
export function firstHit(
  { items: hits, done, capped }: Pick<Hits, 'items' | 'done' | 'capped'>,
  firstInSight: number,
): number | null {
  const index = hits.findIndex((n) => n >= firstInSight)
  if (index >= 0) return index
  return done && !capped && hits.length > 0 ? hits.length - 1 : null
}

/** How many hits there are, and which one is shown: `3 of 17`, `line 812,345, one of more than 10,000`. */
export function hitsText(
  { items: hits, done, capped }: Pick<Hits, 'items' | 'done' | 'capped'>,
  at: number | null,
  line: number | null = null,
): string {
  if (hits.length === 0) return done ? 'Not found' : 'Searching …'
  const count = hits.length.toLocaleString('en-GB')
  const all = capped ? `more than ${count}` : done ? count : `${count} so far`
  if (at === null && line !== null) return `line ${line.toLocaleString('en-GB')}, one of ${all}`
  return at === null ? `${all} found` : `${(at + 1).toLocaleString('en-GB')} of ${all}`
}
