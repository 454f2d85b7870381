import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '../box/supervisor/testing/processes'
import { releaseAttempt } from '../core/attempts/release-attempt'
import { getBox } from '../core/boxes/get-box'
import { eventually } from './testing/lab'
import { aWay } from './testing/ticking'
import { attemptDirectories, aWiredLab, killAll, processesOn } from './testing/wired-lab'

const ESCAPED = [
  'import subprocess, time',
  'child = subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)',
  'print(child.pid, flush=True)',
  'time.sleep(1000)',
].join('\n')

test('what goes on at a box that was released by hand is ended and removed once the box is reached again, and nothing else', async () => {
  await using way = await aWay()
  await using wired = await aWiredLab({ BOX_INSPECT_SECONDS: '0.3', BOX_PROBE_SECONDS: '0.3' })
  const { lab } = wired
  const box = await lab.addBox({ viaPort: way.port })
  way.to(Number(new URL(box.url).port))
  const id = await lab.submit({ script: ESCAPED })
  await eventually('its first line', async () => (await lab.lines(id).catch(() => [])).length > 0)
  const escaped = Number((await lab.lines(id))[0]?.text)
  const status = async () => (await getBox(lab.ctx, box.id)).status

  way.turn('cut')
  await eventually('the box is offline', async () => (await status()) === 'offline')
  killAll((await processesOn(lab, box, id)).filter(({ comm }) => comm.startsWith('stout-')))
  await eventually('it can be released', async () => (await getBox(lab.ctx, box.id)).leases[0]?.releasable === true)
  await releaseAttempt(lab.ctx, box.id, { reason: 'it was switched off' })
  expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'box_lost' })
  expect(await isAlive(escaped)).toBe(true)
  const tmp = path.join(box.stateRoot, 'tmp')
  const foreign = 'stout-job_0000otherinstallation-1-0123456789ab'
  mkdirSync(path.join(tmp, foreign))

  way.turn('up')
  await eventually('it is found, ended and removed', () => attemptDirectories(box).length === 1)
  expect(await isAlive(escaped)).toBe(false)
  expect(readdirSync(tmp)).toContain(foreign)
  const event = lab.ctx.db.selectFrom('events').select('data').where('type', '=', 'remains_removed')
  await eventually('the box tells of it', async () => (await event.execute()).length > 0)
  expect(await event.execute()).toEqual([{ data: { jobId: id, attempt: 1, jobName: expect.any(String), ended: 1 } }])
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'released', endedBy: null })
})
