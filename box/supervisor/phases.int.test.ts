import { expect, test } from 'vitest'
import { Attempt, PYTHON_WITH_PIP } from './testing/attempt'
import { zip } from './testing/bundle'
import type { Mischief } from './testing/collector'
import { until } from './testing/processes'

/** Names a dependency that no Python of ours needs: pip runs, and installs nothing. */
const NOTHING = 'nothing ; python_version < "3"\n'
const WAITS = 'import os, time\nprint("up", flush=True)\nwhile not os.path.exists("end"): time.sleep(.01)\nprint("end")'
const pipTest = test.skipIf(PYTHON_WITH_PIP === undefined)

async function installing(mischief: (nth: number) => Mischief, requirements = NOTHING): Promise<Attempt> {
  const bundle = zip({ 'main.py': WAITS, 'requirements.txt': requirements })
  const attempt = await Attempt.start('', { bundle, launch: false, secrets: { TOKEN: 'very-secret-name' } })
  attempt.collector.mischief = (path, nth) => (path === '/phase' ? mischief(nth) : undefined)
  await attempt.launch(PYTHON_WITH_PIP)
  return attempt
}

const asked = ({ collector }: Attempt) => collector.requests.filter(({ what }) => what === 'POST /phase').length

async function expectAllWell(attempt: Attempt): Promise<void> {
  await until('it runs', () => attempt.collector.text().includes('up'))
  await attempt.putIntoJob('end')
  await attempt.closed()
  expect(attempt.collector.text()).toBe('up\nend\n')
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
}

pipTest('phases that do not get through are told again while the script runs, in order', async () => {
  const attempt = await installing((nth) => (nth < 3 ? 503 : nth === 3 ? 'cut_before' : undefined))
  await until('both phases', () => attempt.collector.phases.length === 2)
  expect(attempt.collector.phases.map(({ event }) => event)).toEqual([
    'dependencies_installing',
    'dependencies_installed',
  ])
  await expectAllWell(attempt)
  expect(asked(attempt)).toBe(5)
})

pipTest('phases that never get through change nothing for the job', async () => {
  const attempt = await installing(() => 503)
  await expectAllWell(attempt)
  expect(attempt.collector.phases).toEqual([])
  expect(asked(attempt)).toBeGreaterThan(1)
})

pipTest.each([404, 410])('a phase that is answered with %i is forgotten, and the job goes on', async (status) => {
  const attempt = await installing(() => status)
  await expectAllWell(attempt)
  expect(asked(attempt)).toBe(2)
})

pipTest('a phase tells no secrets', async () => {
  const attempt = await installing(() => undefined, '--no-index\nvery-secret-name\n')
  await attempt.closed()
  const [, failed] = attempt.collector.phases
  expect(failed).toMatchObject({ event: 'dependencies_failed', error: expect.stringContaining('***') })
  expect(failed?.error).not.toContain('very-secret-name')
})
