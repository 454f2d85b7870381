import { expect, test } from 'vitest'
import { PYTHON_WITH_PIP } from '../box/supervisor/testing/attempt'
import { wheel, zip } from '../box/supervisor/testing/bundle'
import { keepBundle } from '../core/bundles/keep-bundle'
import { stageBundle } from '../core/bundles/stage-bundle'
import { listEvents } from '../core/events/list-events'
import type { JobId } from '../core/ids'
import { aLab, type Lab } from './testing/lab'

const pipTest = test.skipIf(PYTHON_WITH_PIP === undefined)

/** A bundle that says its greeting by a wheel that it brings, if `requirements` name it. */
const bundleOf = (requirements: string) =>
  zip({
    'main.py': 'import greeting\nprint(greeting.WORD)',
    'requirements.txt': `--no-index\n--find-links wheels\n${requirements}\n`,
    ...wheel('greeting', '1.0', 'WORD = "hello"\n'),
  })

async function submit(lab: Lab, bundle: Uint8Array): Promise<JobId> {
  const pieces = (async function* () {
    yield Buffer.from(bundle)
  })()
  const { sha256 } = await keepBundle(lab.ctx, await stageBundle(lab.ctx, pieces))
  return await lab.submit({ bundle: sha256 })
}

/** The phases of a job, between its start and its end. */
async function phasesOf(lab: Lab, id: JobId) {
  const { items } = await listEvents(lab.ctx, id, { limit: 50 })
  const from = items.findIndex(({ type }) => type === 'start') + 1
  return items.slice(from, from + 2).map(({ type, data }) => ({ type, ...data }))
}

pipTest(
  'a job shows that its dependencies are installed, how long that took, and whether they were there',
  async () => {
    await using lab = await aLab()
    await lab.addBox(PYTHON_WITH_PIP ? { python: PYTHON_WITH_PIP } : {})
    const durationMs = expect.any(Number)
    const greeting = bundleOf('greeting==1.0') // made once: it names files of its own, so another zip is another matter
    for (const cached of [false, true]) {
      const id = await submit(lab, greeting)
      expect(await lab.until(id)).toMatchObject({ state: 'completed' })
      expect((await lab.lines(id)).filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual([
        'hello',
      ])
      expect(await phasesOf(lab, id)).toEqual([
        { type: 'dependencies_installing' },
        { type: 'dependencies_installed', durationMs, cached },
      ])
    }
    const id = await submit(lab, bundleOf('nothing-of-this-name'))
    expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'script' })
    expect(await phasesOf(lab, id)).toEqual([
      { type: 'dependencies_installing' },
      { type: 'dependencies_failed', durationMs, error: expect.stringContaining('nothing-of-this-name') },
    ])
  },
)
