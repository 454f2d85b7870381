import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import type { Mischief } from './testing/collector'
import { processesOf, until } from './testing/processes'

/** A script that leaves a mark on the box, so that "never started" can be seen there and not only be believed. */
const MARKING = 'import os\nopen(os.environ["MARK"], "a").write("started\\n")\nprint("ran")'

async function gone(attempt: Attempt): Promise<void> {
  await until('the supervisor has left', async () => (await processesOf(attempt.tmp, attempt.processId)).length === 0)
  await until('an empty box', async () => (await attempt.directory()) === undefined)
}

async function marked(attempt: Attempt): Promise<boolean> {
  return await access(join(attempt.tmp, 'mark')).then(
    () => true,
    () => false,
  )
}

/** The same once there is a file `mark.go`. */
const WAITING = `import os, time\nwhile not os.path.exists(os.environ["MARK"] + ".go"): time.sleep(0.01)\n${MARKING}`

async function startMarking(mischief: (path: string, nth: number) => Mischief, script = MARKING): Promise<Attempt> {
  const attempt = await Attempt.start(script, { launch: false })
  attempt.collector.order.env = { MARK: join(attempt.tmp, 'mark') }
  attempt.collector.mischief = mischief
  return attempt
}

test('a lost answer is asked for again with the same nonce, and the script starts once', async () => {
  const attempt = await startMarking((path, nth) => {
    if (path !== '/claim') return undefined
    return nth === 1 ? 'cut_after' : nth === 2 ? 503 : undefined
  })
  expect(await attempt.launch()).toEqual({ code: 0, output: '' })
  await attempt.closed()
  const { claims } = attempt.collector
  expect(claims.length).toBe(2)
  expect(new Set(claims.map((claim) => claim.nonce)).size).toBe(1)
  expect(claims[0]?.identity).toMatchObject({ lagerBoxId: 'bench-7', bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(attempt.collector.text()).toBe('ran\n')
  expect(await marked(attempt)).toBe(true)
})

test.each([401, 403, 404, 409, 410])('a claim answered with %i starts nothing and leaves nothing', async (status) => {
  const attempt = await startMarking((path) => (path === '/claim' ? status : undefined))
  await attempt.launch()
  await until('the claim', () => attempt.collector.requests.length > 0)
  await gone(attempt)
  expect(await marked(attempt)).toBe(false)
  expect(attempt.collector.requests).toEqual([{ what: 'POST /claim', gzip: false }])
})

test('of two supervisors for one attempt the second leaves, and the script runs once', async () => {
  const attempt = await startMarking(() => undefined, WAITING) // once it has ended, launchers of the attempt are ended too
  await Promise.all([attempt.launch(), attempt.launch()])
  await until('both claims', () => new Set(attempt.collector.claims.map(({ nonce }) => nonce)).size === 2)
  await writeFile(join(attempt.tmp, 'mark.go'), '')
  await attempt.closed()
  await gone(attempt)
  expect(attempt.collector.text()).toBe('ran\n')
  expect(attempt.collector.exits.length).toBe(1)
})

test('nobody answers until the dispatch limit: the supervisor gives up without a trace', async () => {
  const attempt = await startMarking(() => undefined)
  attempt.giveUpSeconds = 1
  await attempt.collector.stop()
  await attempt.launch()
  await gone(attempt)
  expect(await marked(attempt)).toBe(false)
})

test('cancelled before the claim was answered: the script is not started, and the attempt closes', async () => {
  const attempt = await startMarking(() => undefined)
  attempt.collector.control({ cancel: { reason: 'not needed any more' } })
  await attempt.launch()
  await attempt.closed()
  expect(await marked(attempt)).toBe(false)
  expect(attempt.collector.exits).toMatchObject([{ exitCode: null, signal: null, endedBy: 'cancel' }])
  expect(attempt.collector.dones).toEqual([{ lastN: 0, leftovers: [] }])
})

test('a script that arrives damaged is not run', async () => {
  const attempt = await startMarking(() => undefined)
  attempt.collector.sha256 = '0'.repeat(64)
  await attempt.launch()
  await attempt.closed()
  expect(await marked(attempt)).toBe(false)
  expect(attempt.collector.exits).toMatchObject([
    { exitCode: null, signal: null, error: expect.stringContaining('hash') },
  ])
})

test('a launcher that ends before it handed over the whole program: nothing is claimed, and nothing is left', async () => {
  const attempt = await startMarking(() => undefined)
  attempt.damage = 'wrong.py 1\n('
  expect(await attempt.launch()).toMatchObject({ code: 1, output: expect.stringContaining('SyntaxError') })
  await gone(attempt)
  expect(attempt.collector.requests).toEqual([])
})

test('the launcher refuses in words what it cannot do', async () => {
  const attempt = await startMarking(() => undefined)
  attempt.launchVariable = 'job_test/../..'
  expect(await attempt.launch()).toMatchObject({ code: 3, output: expect.stringContaining('STOUT_LAUNCH') })
  expect(attempt.collector.requests).toEqual([])
})
