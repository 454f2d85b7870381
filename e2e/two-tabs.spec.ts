import type { Page, Request } from '@playwright/test'
import { expect, test } from './fixtures'
import { JobPage } from './job-page'

const SCRIPT = `import sys, time
for n in range(int(sys.argv[2])):
    print(sys.argv[1], n)
    time.sleep(0.2)
`

test('two jobs are watched in two tabs, each over one live stream', async ({ page, context, fleet }) => {
  const tabs = [page, await context.newPage()]
  const streams = tabs.map(liveStreams)
  const count = 30
  const submitted = ['left', 'right'].map((word) =>
    fleet.submit({ name: word, script: SCRIPT, args: [word, String(count)] }),
  )
  const [left, right] = await Promise.all(submitted)
  const jobs = tabs.map((tab) => new JobPage(tab))
  await Promise.all([jobs[0]?.open(left?.id ?? ''), jobs[1]?.open(right?.id ?? '')])
  for (const job of jobs) await expect(job.state).toHaveText('running')
  await expect.poll(() => streams.map((open) => open.size)).toEqual([1, 1])
  for (const [index, id] of [left?.id, right?.id].entries()) {
    const [stream] = streams[index] ?? []
    expect(decodeURIComponent(stream?.url() ?? '')).toContain(`log:${id}:1`)
  }
  for (const [index, word] of ['left', 'right'].entries()) {
    const expected = Array.from({ length: count }, (_, n) => `${word} ${n}`)
    const texts = async () => (await jobs[index]?.texts())?.filter((text) => text !== '')
    await expect.poll(texts).toEqual(expected)
  }
  for (const job of jobs) await expect(job.state).toHaveText('completed')
  expect(streams.map((open) => open.size)).toEqual([1, 1])
})

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
