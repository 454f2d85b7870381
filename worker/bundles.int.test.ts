import { expect, test } from 'vitest'
import { keepBundle } from '../core/bundles/keep-bundle'
import { stageBundle } from '../core/bundles/stage-bundle'
import { aZip } from '../core/testing/zips'
import { aLab, type Lab } from './testing/lab'

async function upload(lab: Lab, zip: Buffer): Promise<string> {
  const pieces = (async function* () {
    yield zip
  })()
  return (await keepBundle(lab.ctx, await stageBundle(lab.ctx, pieces))).sha256
}

test('a job runs from a zip with packages and data, and gets the arguments and secrets of its submission', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const zip = await aZip({
    'main.py': 'import os, sys\nfrom bench import limits\nprint(limits.text(), sys.argv[1], len(os.environ["PIN"]))',
    'bench/__init__.py': '',
    'bench/limits.py': 'import pathlib\ndef text(): return pathlib.Path("data/limits.txt").read_text()',
    'data/limits.txt': '3.3 V',
  })
  const id = await lab.submit({ bundle: await upload(lab, zip), args: ['a'], secrets: { PIN: 'hunter2!' } })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', exitCode: 0 })
  expect((await lab.lines(id)).map((line) => line.text)).toEqual(['3.3 V a 8'])
  expect(await lab.ctx.db.selectFrom('jobSecrets').selectAll().execute()).toEqual([])
})
