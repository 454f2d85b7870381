import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { processesOf, until } from './testing/processes'

/** Of the machine, not of a package; without it these tests are skipped. */
const OPENSSL = 'openssl'
const folder = mkdtempSync(join(tmpdir(), 'supervisor-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A certificate that signs itself, made anew for each run. */
function certificateFor(name: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=collector', '-addext', `subjectAltName=${name}`]
  execFileSync(OPENSSL, [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

function hasOpenssl(): boolean {
  try {
    execFileSync(OPENSSL, ['version'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}
const tlsTest = test.skipIf(!hasOpenssl())

tlsTest('over https with an authority of its own a job runs, is cancelled and closes', async () => {
  const tls = certificateFor('IP:127.0.0.1')
  const attempt = await Attempt.start('import time\nfor i in range(50000): print("line", i)\ntime.sleep(600)', {
    tls,
    launch: false,
  })
  attempt.ca = tls.cert
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
  attempt.ca = vouched ? tls.cert : null
  attempt.giveUpSeconds = 1
  await attempt.launch()
  await until('the supervisor has left', async () => (await processesOf(attempt.tmp, attempt.processId)).length === 0)
  await until('an empty box', async () => (await attempt.directory()) === undefined)
  expect(attempt.collector.requests).toEqual([])
})
