import { expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { type Connection, env, get, json, post, run, script, startRun } from './testing/client'
import { exitCodeOf } from './testing/frames'
import { eventually } from './testing/poll'

const ID = '123e4567-e89b-42d3-a456-426614174000'
const SLEEPS = script('import os, time; print("up", os.getpid(), flush=True); time.sleep(600)')

async function sleeper(box: TestBox): Promise<Connection> {
  const stream = await startRun(box.pythonUrl, [SLEEPS, env('LAGER_PROCESS_ID', ID), env('STOUT_BOX_SCOPE', 'forged')])
  await stream.until(() => /up \d+\n/.test(stream.payload('1')))
  return stream
}

test('three boxes on one machine do not touch each other: kill, kill all, lock and files', async () => {
  await using one = await testBox({ boxId: 'one', host: '127.0.0.2' })
  await using two = await testBox({ boxId: 'two', host: '127.0.0.3' })
  await using three = await testBox({ boxId: 'three', host: '127.0.0.4' })
  using first = await sleeper(one)
  using second = await sleeper(two)
  using third = await sleeper(three)

  await post(one.pythonUrl, '/python/kill', { lager_process_id: ID })
  expect(exitCodeOf((await first.untilEnd()).frames)).toBe(-15)
  expect([second.ended, third.ended]).toEqual([false, false])

  await post(two.pythonUrl, '/python/kill', {})
  expect(exitCodeOf((await second.untilEnd()).frames)).toBe(-15)
  expect(third.ended).toBe(false)

  await post(one.httpUrl, '/lock', { user: 'ada' })
  expect(json(await get(two.httpUrl, '/lock'))).toEqual({ locked: false })

  const where = script(
    'import os, tempfile; print(os.environ["LAGER_BOX_ID"], os.environ["LAGER_HOST"], tempfile.gettempdir())',
  )
  expect((await run(one.pythonUrl, [where])).payload('1')).toBe(`one 127.0.0.2 ${one.tmp}\n`)
  expect((await run(two.pythonUrl, [where])).payload('1')).toBe(`two 127.0.0.3 ${two.tmp}\n`)
})

test('closing a box ends what it started, daemons and hidden ones too, and nothing of another box', async () => {
  await using other = await testBox()
  using stays = await sleeper(other)
  const box = await testBox({}, { timings: { killGraceMs: 500 } })
  const daemon = `
import ctypes, os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2): os.dup2(null, fd)
    signal.signal(15, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
    time.sleep(600)
print(sorted(int(p) for p in os.listdir("/proc") if p.isdigit())[-1] and open("/proc/self/task/%d/children" % os.getpid()).read())`
  const pid = Number.parseInt((await run(box.pythonUrl, [script(daemon)])).payload('1'), 10)
  using attached = await sleeper(box)
  await box[Symbol.asyncDispose]()
  await attached.untilEnd()
  await eventually(() => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })
  expect(stays.ended).toBe(false)
})
