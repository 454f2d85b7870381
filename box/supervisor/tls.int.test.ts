import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { certificateFor, hasOpenssl } from './testing/certificates'
import { processesOf, until } from './testing/processes'

const tlsTest = test.skipIf(!hasOpenssl())

tlsTest('over https with an authority of its own a job runs, is cancelled and closes', async () => {
  const tls = certificateFor('IP:127.0.0.1')
  const attempt = await Attempt.start('import time\nfor i in range(50000): print("line", i)\ntime.sleep(600)', {
    tls,
    launch: false,
  })
  attempt.ca = tls.ca
  const { collector } = attempt
  collector.mischief = (path, nth) => (path === '/log' && nth % 3 === 2 ? 'cut_after' : undefined)
  await attempt.launch()
  await until('all lines', () => collector.received === 50_000)
  collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(collector.text()).toBe(Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''))
  expect(collector.exits).toMatchObject([{ signal: 'SIGTERM', endedBy: 'cancel' }])
})

tlsTest.each([
  ['nobody vouches for', 'IP:127.0.0.1', false],
  ['is another host’s', 'DNS:elsewhere.example', true],
])('a server whose certificate %s hears no token', async (_, name, vouched) => {
  const tls = certificateFor(name)
  const attempt = await Attempt.start('print("ran")', { tls, launch: false })
  attempt.ca = vouched ? tls.ca : null
  attempt.giveUpSeconds = 1
  await attempt.launch()
  await until('the supervisor has left', async () => (await processesOf(attempt.tmp, attempt.processId)).length === 0)
  await until('an empty box', async () => (await attempt.directory()) === undefined)
  expect(attempt.collector.requests).toEqual([])
})
