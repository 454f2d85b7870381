import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { type Connection, env, json, post, run, script, startRun } from './testing/client'
import { exitCodeOf } from './testing/frames'
import { eventually } from './testing/poll'

let box: TestBox
beforeAll(async () => {
  box = await testBox({}, { timings: { killGraceMs: 700 } })
})
afterAll(async () => await box[Symbol.asyncDispose]())

const SLEEPS = 'import os, time; print("up", os.getpid(), flush=True); time.sleep(600)'

async function started(
  source: string,
  id = randomUUID() as string,
): Promise<{ id: string; stream: Connection; pid: number }> {
  const stream = await startRun(box.pythonUrl, [script(source), env('LAGER_PROCESS_ID', id), env('A', 'b')])
  await stream.untilPrinted('up ')
  await stream.until(() => /up \d+\n/.test(stream.payload('1')))
  return { id, stream, pid: Number(/up (\d+)/.exec(stream.payload('1'))?.[1]) }
}
const kill = async (body: unknown) => await post(box.pythonUrl, '/python/kill', body)
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('what is killed', () => {
  test.each([
    [undefined, -15],
    [15, -15],
    [15.0, -15],
    [2, -2],
    [9, -9],
  ])('signal %s ends the run with %i', async (signal, code) => {
    const { id, stream } = await started(
      signal === 2 ? SLEEPS.replace('import', 'import signal; signal.signal(2, 0)\nimport') : SLEEPS,
    )
    const reply = await kill({ lager_process_id: id, ...(signal === undefined ? {} : { signal }) })
    expect(reply.status).toBe(200)
    expect(json(reply)).toEqual({ status: 'killed' })
    expect(exitCodeOf((await stream.untilEnd()).frames)).toBe(code)
  })

  test('the code of a handler is the exit code', async () => {
    const { id, stream } = await started(`import signal, sys
def on_term(*_):
    signal.signal(15, signal.SIG_IGN) # timeout(1) sends it twice: to the script and to its group
    sys.exit(42)
signal.signal(15, on_term)
${SLEEPS}`)
    await kill({ lager_process_id: id })
    expect(exitCodeOf((await stream.untilEnd()).frames)).toBe(42)
  })

  test.each([
    [0, -9],
    [15, -9],
    [10, -10], // timeout(1) dies of it at once, the script when the time is over
  ])(
    'signal %i, which the script ignores: the run ends with %i, by SIGKILL when the time is over',
    async (signal, code) => {
      const ignores = 'import signal\nfor s in (10, 15): signal.signal(s, signal.SIG_IGN)'
      const { id, stream, pid } = await started(`${ignores}\n${SLEEPS}`)
      await kill({ lager_process_id: id, signal })
      expect(exitCodeOf((await stream.untilEnd()).frames)).toBe(code)
      await eventually(() => !isThere(pid))
    },
  )

  test('another run goes on', async () => {
    using other = (await started(SLEEPS)).stream
    const { id, stream } = await started(SLEEPS)
    await kill({ lager_process_id: id })
    await stream.untilEnd()
    expect(exitCodeOf(other.frames)).toBeUndefined()
    expect(other.ended).toBe(false)
  })

  test('a child in a session of its own is found by the id too', async () => {
    const source = `import subprocess, sys
p = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child", p.pid)
${SLEEPS}`
    const { id, stream } = await started(source)
    const child = Number(/child (\d+)/.exec(stream.payload('1'))?.[1])
    await kill({ lager_process_id: id })
    await stream.untilEnd()
    await eventually(() => !isThere(child))
  })

  test('the id is found wherever it stands in the environment; a process without it is not', async () => {
    const id = randomUUID()
    using untagged = await startRun(box.pythonUrl, [script(SLEEPS)])
    await untagged.untilPrinted('up')
    const tagged = await startRun(box.pythonUrl, [script(SLEEPS), env('OTHER', `x LAGER_PROCESS_ID=${id}`)])
    await tagged.untilPrinted('up')
    await kill({ lager_process_id: id })
    expect(exitCodeOf((await tagged.untilEnd()).frames)).toBe(-15)
    expect(untagged.ended).toBe(false)
  })

  test.each([{}, { lager_process_id: null }, { lager_process_id: '' }])('%j ends every tagged run', async (body) => {
    const [one, two] = [await started(SLEEPS), await started(SLEEPS)]
    await kill(body)
    expect(exitCodeOf((await one.stream.untilEnd()).frames)).toBe(-15)
    expect(exitCodeOf((await two.stream.untilEnd()).frames)).toBe(-15)
  })
})

describe('answers', () => {
  test('nothing matched: killed all the same', async () => {
    const reply = await kill({ lager_process_id: randomUUID() })
    expect([reply.status, json(reply)]).toEqual([200, { status: 'killed' }])
  })

  test.each([{ signal: 65 }, { signal: -1 }, { signal: 'SIGTERM' }, { signal: null }, { signal: 1.5 }])(
    '%j: 422',
    async (body) => {
      const reply = await kill({ lager_process_id: randomUUID(), ...body })
      expect([reply.status, json(reply)]).toEqual([422, { error: expect.any(String), status: 'error' }])
    },
  )

  test('an id that is no UUID: 422', async () => {
    const reply = await kill({ lager_process_id: 'not-a-uuid' })
    expect([reply.status, json(reply)]).toEqual([422, { error: 'Invalid process UUID: not-a-uuid', status: 'error' }])
  })

  test.each(['', '{', '[]', '{"lager_process_id":5}'])('body %s: 500', async (body) => {
    const reply = await kill(body)
    expect([reply.status, json(reply)]).toEqual([
      500,
      { error: expect.stringMatching(/^Internal server error: /), status: 'error' },
    ])
  })
})

describe('a client that goes away', () => {
  // timeout(1) forwards the signal to the script and to its group, so that a handler may run twice, even at the same time
  const CLEANS_UP = `
import os, signal, time
def clean_up(*_):
    with open(os.environ["MARK"], "w") as mark:
        mark.write("interrupted")
    os._exit(0)
signal.signal(signal.SIGINT, clean_up)
print("up", os.getpid(), flush=True)
time.sleep(600)
`
  const marked = async (leave: (stream: Connection) => void) => {
    const mark = `${box.stateRoot}/mark-${randomUUID()}`
    using stream = await startRun(box.pythonUrl, [script(CLEANS_UP), env('MARK', mark)])
    await stream.untilPrinted('up')
    leave(stream)
    const read = script(`import os, time
while not os.path.exists("${mark}") or not open("${mark}").read(): time.sleep(0.01)
print(open("${mark}").read())`)
    return (await run(box.pythonUrl, [read])).payload('1').trim()
  }

  test('by FIN: the script is interrupted and cleans up', async () => {
    expect(await marked((stream) => stream.socket.destroy())).toBe('interrupted')
  })
  test('by RST: the script is interrupted and cleans up', async () => {
    expect(await marked((stream) => stream.socket.resetAndDestroy())).toBe('interrupted')
  })
  test('by closing only its sending half: the same', async () => {
    expect(await marked((stream) => stream.socket.end())).toBe('interrupted')
  })

  test('a script that ignores it is killed after five seconds; a child in its own session survives', async () => {
    const source = `import signal, subprocess, sys
signal.signal(2, signal.SIG_IGN)
p = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child", p.pid)
${SLEEPS}`
    const { stream, pid } = await started(source)
    const child = Number(/child (\d+)/.exec(stream.payload('1'))?.[1])
    stream.socket.destroy()
    await eventually(() => !isThere(pid))
    expect(isThere(child)).toBe(true)
    process.kill(child, 9)
  })

  test('the next start waits until it is gone', async () => {
    const { stream, pid } = await started(
      `import time, os
try:
    print("up", os.getpid(), flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(1)`,
    )
    stream.socket.destroy()
    await eventually(async () => (await run(box.pythonUrl, [script('')])).ended && !isThere(pid))
    const next = await run(box.pythonUrl, [script(`import os; print(os.path.exists("/proc/${pid}"))`)])
    expect(next.payload('1')).toBe('False\n')
  })
})

test('a daemon that let go of the pipes outlives the end of its run', async () => {
  const source = `import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() > 0: os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2): os.dup2(null, fd)
    open(os.environ["PID"], "w").write(str(os.getpid()) + ".")
    time.sleep(600)
while not os.path.exists(os.environ["PID"]) or "." not in open(os.environ["PID"]).read(): time.sleep(0.01)
print(open(os.environ["PID"]).read())`
  const stream = await run(box.pythonUrl, [script(source), env('PID', `${box.stateRoot}/daemon`)])
  expect(exitCodeOf(stream.frames)).toBe(0)
  expect(isThere(Number(Number.parseInt(stream.payload('1'), 10)))).toBe(true)
})
