import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { JobId } from '../core/ids'
import { cancelJob } from '../core/jobs/cancel-job'
import { aLab, countLines, eventually } from './testing/lab'

test('a script runs on a box: its lines, its exit and the record of it', async () => {
  await using lab = await aLab()
  const box = await lab.addBox({ name: 'bench-1' })
  const id = await lab.submit({
    name: 'hello',
    script:
      'import os, sys\nprint("hello", *sys.argv[1:], os.environ["BOARD"])\nprint("err", file=sys.stderr)\nsys.stdout.write("no newline")',
    args: ['a', 'b c'],
    env: { BOARD: 'rev 3' },
    target: { box: 'bench-1' },
  })
  const job = await lab.until(id)
  expect(job).toMatchObject({ state: 'completed', exitCode: 0, attempt: 1, boxId: box.id })
  const lines = await lab.lines(id)
  expect(lines.filter((line) => line.stream === 'stdout').map(({ text, partial }) => [text, partial])).toEqual([
    ['hello a b c rev 3', undefined],
    ['no newline', true],
  ])
  expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.text)).toEqual(['err'])
  expect(lines.map((line) => line.n)).toEqual(lines.map((_, i) => i + 1))
  await eventually('the box lock is released', async () => !(await lab.attempt(id)).boxLocked)
  await eventually('nothing of the job is left on the box', () =>
    readdirSync(`${box.stateRoot}/tmp`).every((name) => !name.startsWith('stout-')),
  )
})

test.each([
  ['exit code', 'raise SystemExit(3)', { state: 'failed', failureClass: 'script', exitCode: 3 }],
  ['exception', 'raise ValueError("no board")', { state: 'failed', failureClass: 'script', exitCode: 1 }],
  ['signal', 'import os; os.kill(os.getpid(), 9)', { state: 'failed', failureClass: 'script', signal: 'SIGKILL' }],
])('a failing script fails the job: %s', async (_, script, verdict) => {
  await using lab = await aLab()
  await lab.addBox()
  expect(await lab.until(await lab.submit({ script }))).toMatchObject(verdict)
})

test('a job that runs too long times out, and its box is free for the next one', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const id = await lab.submit({
    script: 'import time\nprint("on")\ntime.sleep(600)',
    timeoutSeconds: 1,
    graceSeconds: 0,
  })
  expect(await lab.until(id)).toMatchObject({ state: 'timed_out' })
  expect((await lab.lines(id)).map((line) => line.text)).toEqual(['on'])
  expect(await lab.attempt(id)).toMatchObject({ endedBy: 'deadline', closedBy: 'done' })
  expect(await lab.until(await lab.submit({ script: 'print(1)' }))).toMatchObject({ state: 'completed' })
})

test('cancel reaches a script that ignores SIGTERM', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const script =
    'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("deaf", flush=True)\ntime.sleep(600)'
  const id = await lab.submit({ script, graceSeconds: 1 })
  await eventually('it prints', async () => (await lab.lines(id).catch(() => [])).length === 1)
  await cancelJob(lab.ctx, id, 'wrong board')
  expect(await lab.until(id)).toMatchObject({ state: 'cancelled' })
  expect(await lab.attempt(id)).toMatchObject({ endedBy: 'cancel', signal: 'SIGKILL', closedBy: 'done' })
})

test('jobs queue for a busy box and run one after the other', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const ids: JobId[] = []
  for (let i = 0; i < 4; i++) ids.push(await lab.submit({ script: 'import time; time.sleep(0.1)' }))
  for (const id of ids) expect(await lab.until(id)).toMatchObject({ state: 'completed' })
  const spans = await lab.ctx.db.selectFrom('attempts').select(['claimedAt', 'closedAt']).orderBy('claimedAt').execute()
  for (const [i, span] of spans.entries()) {
    expect(Number(spans[i + 1]?.claimedAt ?? Infinity)).toBeGreaterThan(Number(span.closedAt))
  }
})

test("somebody else holds the box lock: the job waits with the holder's name, and runs when it is given back", async () => {
  await using lab = await aLab()
  const box = await lab.addBox()
  const lock = (path: string, body: object) =>
    fetch(`${box.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer box-token-of-the-lab', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await lock('/lock', { user: 'eve' })).status).toBe(200)
  const id = await lab.submit({ script: 'print(1)' })
  await eventually('the reason is known', async () => {
    const rows = await lab.ctx.db.selectFrom('waitReasons').select('reasons').execute()
    return rows.some(({ reasons }) => reasons[0]?.code === 'box_locked_outside' && reasons[0].detail === 'eve')
  })
  expect((await lock('/unlock', { user: 'eve' })).status).toBe(200)
  expect(await lab.until(id)).toMatchObject({ state: 'completed' })
})

test('the supervisor is killed: the script dies with it, the job fails as box_lost, the box is freed', async () => {
  await using lab = await aLab({ ATTEMPT_SILENT_AFTER_SECONDS: '2' })
  const box = await lab.addBox()
  const marks = `${lab.dir}/marks`
  const id = await lab.submit({
    script: `import time\nwhile True:\n open(${JSON.stringify(marks)}, 'a').write('x\\n'); time.sleep(0.05)`,
  })
  await eventually('it runs', () => countLines(marks) > 2)
  const { identity } = await lab.attempt(id)
  process.kill(identity?.pid ?? 0, 'SIGKILL')
  expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'box_lost' })
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'reaped' })
  const after = countLines(marks)
  expect(await lab.until(await lab.submit({ script: 'print(1)', target: { box: box.name } }))).toMatchObject({
    state: 'completed',
  })
  expect(countLines(marks)).toBe(after)
})
