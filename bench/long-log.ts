import type { CDPSession, Page } from '@playwright/test'
import type { Browsing } from './browser'
import type { Figure } from './stats'
import type { System } from './system'

const LINES = 1_000_000
/** Lines of 100 bytes, each with its number; what is searched for is in every ten-thousandth. */
const SCRIPT = `import sys
for n in range(1, ${LINES} + 1):
    sys.stdout.write(f"{n:>9} {'needle' if n % 10_000 == 7 else 'x' * 6} {'x' * 82}\\n")
`
const HITS = LINES / 10_000
const JUMPS = 20

/**
 * The page of a job that printed a million lines: until its last line is on the screen; from a new `#L…` and from "Next hit" until
 * that line is; and the JavaScript heap after jumps all over it, garbage and all. Floors: the page of a job with a few lines, one bare read of a
 * thousand lines by the same page, and the heap of that small job's page.
 * @param small the job with a few lines
 */
export async function longLog(system: System, browsing: Browsing, small: string, rounds: number): Promise<Figure[]> {
  const { id } = await system.submit({ script: SCRIPT, target: { box: system.box.name } })
  await system.completed(id)
  const [paint, paintFloor]: [number[], number[]] = [[], []]
  const { lineCount } = await system.log(small, 1, 1)
  for (let round = -1; round < rounds; round++) {
    const bare = await browsing.fresh((page) => opened(page, small, lineCount))
    const whole = await browsing.fresh((page) => opened(page, id, LINES))
    if (round < 0) continue // warm-up
    paintFloor.push(bare)
    paint.push(whole)
  }
  const heapFloor = await browsing.fresh(async (page) => {
    await opened(page, small, lineCount)
    return [await heapMegabytes(await page.context().newCDPSession(page))]
  })
  const { byLink, byHit, reads, heap } = await browsing.fresh((page) => jumps(page, id))
  return [
    figure(
      'paint',
      'navigation → last line shown',
      'ms',
      '≤ 1000 ms',
      paint,
      `the same, ${lineCount} lines`,
      paintFloor,
    ),
    figure('link', '#L of a line anywhere → shown', 'ms', '≤ 150 ms', byLink, 'a bare read of 1000 lines', reads),
    figure('hit', 'next hit, 10,000 lines on → shown', 'ms', '≤ 150 ms', byHit, 'a bare read of 1000 lines', reads),
    figure(
      'heap',
      'JavaScript heap after each jump',
      'MB',
      '≤ 80 MB',
      heap,
      `page of a job of ${lineCount} lines`,
      heapFloor,
    ),
  ]
}

function figure(
  name: string,
  what: string,
  unit: string,
  aim: string,
  samples: number[],
  floorWhat: string,
  floor: number[],
): Figure {
  return { name: `pages-log-${name}`, what: `a million lines: ${what}`, unit, aim, samples, floorWhat, floor }
}

/** Opens the job's page. Returns ms from the navigation until its line `n` was on the screen. */
async function opened(page: Page, jobId: string, n: number): Promise<number> {
  await page.goto(`/jobs/${jobId}`, { waitUntil: 'commit' })
  return await page.evaluate(shown, { n })
}

type Jumps = { byLink: number[]; byHit: number[]; reads: number[]; heap: number[] }

async function jumps(page: Page, jobId: string): Promise<Jumps> {
  const found: Jumps = { byLink: [], byHit: [], reads: [], heap: [] }
  await opened(page, jobId, LINES)
  const cdp = await page.context().newCDPSession(page)
  const anywhere = () => 1 + Math.floor(Math.random() * (LINES - 1_000))
  for (let n = -2; n < JUMPS; n++) {
    const read = await page.evaluate(bareRead, `/api/v1/jobs/${jobId}/logs?from=${anywhere()}&limit=1000`)
    const took = await page.evaluate(shown, { n: anywhere(), by: 'link' as const })
    if (n < 0) continue // warm-up
    found.reads.push(read)
    found.byLink.push(took)
    found.heap.push(await heapMegabytes(cdp))
  }
  await page.evaluate(shown, { n: 1, by: 'link' as const })
  await page.getByRole('searchbox', { name: 'Find in log' }).fill('needle')
  await page.getByText(`1 of ${HITS}`, { exact: true }).waitFor({ timeout: 120_000 })
  for (let n = 1; n <= JUMPS; n++) {
    found.byHit.push(await page.evaluate(shown, { n: n * 10_000 + 7, by: 'hit' as const }))
    found.heap.push(await heapMegabytes(cdp))
  }
  return found
}

async function heapMegabytes(cdp: CDPSession): Promise<number> {
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  return usedSize / 1_000_000
}

/** Runs in the page. */
async function bareRead(url: string): Promise<number> {
  const began = performance.now()
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`A read was answered ${answer.status}`)
  await answer.text()
  return performance.now() - began
}

/**
 * Runs in the page: goes to line `n` if told how, and resolves when a frame with its text has been shown.
 * @returns ms since it went, or since the navigation
 */
async function shown({ n, by }: { n: number; by?: 'link' | 'hit' }): Promise<number> {
  const began = by ? performance.now() : 0
  if (by === 'link') window.location.hash = `#L${n}`
  if (by === 'hit') document.querySelector<HTMLElement>('button[aria-label="Next hit"]')?.click()
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const text = () => document.querySelector(`[data-line="${n}"] > span:last-of-type`)?.textContent ?? ''
  while (!/x|line/.test(text())) await frame()
  await frame() // the one before drew it, this one comes after it was shown
  return performance.now() - began
}
