import { writeFileSync } from 'node:fs'
import type { Page, Request } from '@playwright/test'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'

/** Prints ten lines, waits for a file, and prints twenty more. */
const SCRIPT = `import os, sys, time
word, gate = sys.argv[1:]
for n in range(30):
    while n == 10 and not os.path.exists(gate):
        time.sleep(0.05)
    print(word, n)
    time.sleep(0.1)
`
const WORDS = ['left', 'right']

test('two jobs are watched in two tabs, each over one live stream', async ({ page, context, fleet }, testInfo) => {
  const gate = testInfo.outputPath('gate')
  const tabs = [page, await context.newPage()]
  const streams = tabs.map(liveStreams)
  const ids = await Promise.all(
    WORDS.map(async (word) => (await fleet.submit({ name: word, script: SCRIPT, args: [word, gate] })).id),
  )
  const jobs = tabs.map((tab) => new JobPage(tab))
  await Promise.all(jobs.map((job, index) => job.open(ids[index] ?? '')))
  const shown = () => Promise.all(jobs.map((job) => job.texts()))
  for (const job of jobs) await expect(job.state).toHaveText('running')
  await expect.poll(shown).toEqual(WORDS.map((word) => lines(word, 10)))
  await expect.poll(() => streams.map((open) => open.size)).toEqual([1, 1])
  for (const [index, id] of ids.entries()) {
    expect(topics(streams[index] ?? new Set())).toEqual([expect.stringContaining(`log:${id}:1`)])
  }

  writeFileSync(gate, '')
  await expect.poll(shown).toEqual(WORDS.map((word) => lines(word, 30)))
  for (const job of jobs) await expect(job.state).toHaveText('completed')
  expect(streams.map((open) => open.size)).toEqual([1, 1])
})

function lines(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${word} ${n}`)
}

test('a tab that moves from page to page keeps to one live stream', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ name: 'wandered', script: 'import time\ntime.sleep(600)' })
  const open = liveStreams(page)
  const main = page.getByRole('navigation', { name: 'Main' })
  await page.goto('/jobs')
  await expect.poll(() => topics(open)).toEqual(['jobs'])
  await page.getByRole('link', { name: 'wandered' }).first().click()
  await expect.poll(() => topics(open)).toEqual([expect.stringContaining(`job:${id}`)])
  await main.getByRole('link', { name: 'Boxes' }).click()
  await expect.poll(() => topics(open)).toEqual(['boxes'])
  await main.getByRole('link', { name: 'Jobs' }).click()
  await expect.poll(() => topics(open)).toEqual(['jobs'])
})

/** The event streams of a tab that are open now. */
function liveStreams(page: Page): Set<Request> {
  const open = new Set<Request>()
  page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') open.add(request)
  })
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
  return open
}

function topics(streams: Set<Request>): string[] {
  return [...streams].map((stream) => new URL(stream.url()).searchParams.get('topics') ?? '')
}
