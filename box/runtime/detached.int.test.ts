import { randomUUID } from 'node:crypto'
import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { Connection, env, type FormPart, json, post, run, script } from './testing/client'
import { decodeFrames, exitCodeOf, type Frame } from './testing/frames'
import { eventually } from './testing/poll'
import { zip } from './testing/zip'

let box: TestBox
beforeAll(async () => {
  box = await testBox({}, { timings: { killGraceMs: 700, keepaliveMs: 300, logPollMs: 50 } })
})
afterAll(async () => await box[Symbol.asyncDispose]())

const DETACH: FormPart = { name: 'detach', value: 'true' }
const SLEEPS = 'import time; print("up", flush=True); time.sleep(600)'
const directory = (id: string) => join(box.tmp, 'lager_processes', id)

async function detached(source: string, ...parts: FormPart[]): Promise<string> {
  const id = randomUUID()
  const { reply } = await run(box.pythonUrl, [script(source), DETACH, env('LAGER_PROCESS_ID', id), ...parts])
  expect([reply.status, json(reply)]).toEqual([
    200,
    { status: 'detached', pid: expect.any(Number), lager_process_id: id },
  ])
  expect(reply.headers).not.toHaveProperty('lager-output-version')
  return id
}

async function attached(id: string): Promise<Connection> {
  const connection = await Connection.open(box.pythonUrl)
  const body = JSON.stringify({ lager_process_id: id })
  connection.socket.write(`POST /python/attach HTTP/1.1\r\nHost: box\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  return connection
}

async function meta(id: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(directory(id), 'meta.json'), 'utf8'))
}

async function finishedLog(id: string): Promise<string> {
  await eventually(async () => (await meta(id)).status === 'finished')
  return await readFile(join(directory(id), 'output.log'), 'latin1')
}

/** What a recorded run wrote to stdout. */
function printed(log: string): string {
  const ofStdout = decodeFrames(Buffer.from(log, 'latin1')).filter(({ fileno }) => fileno === '1')
  return Buffer.concat(ofStdout.map(({ payload }) => payload)).toString()
}

/** Without what only says that the box is alive. */
const withoutKeepalives = (frames: Frame[]) => frames.filter(({ fileno }) => fileno !== '0')

describe('a detached run', () => {
  test('is recorded in the frames of a stream; each stream, the channel and the exit have an end of their own', async () => {
    const id = await detached('import sys; sys.stdout.write("out"); sys.exit(3)')
    expect(await finishedLog(id)).toBe('1 3 out1 0 3 0 - 1 3')
    expect(await meta(id)).toEqual({
      pid: expect.any(Number),
      lager_process_id: id,
      started: expect.any(Number),
      status: 'finished',
      returncode: 3,
    })
  })

  test('stderr of its own has an end of its own', async () => {
    const id = await detached('import sys; sys.stderr.write("err")', { name: 'stdout_is_stderr', value: 'false' })
    const frames = decodeFrames(Buffer.from(await finishedLog(id), 'latin1')).map(
      ({ fileno, payload }) => `${fileno}:${payload}`,
    )
    expect(frames).toHaveLength(5)
    expect(frames).toEqual(expect.arrayContaining(['2:err', '1:', '2:']))
    expect(frames.slice(-2)).toEqual(['3:', '-:0'])
  })

  test('the rest of the output channel is one frame, however long', async () => {
    const rest = async () => {
      const id = await detached(
        'import os; open(os.environ["LAGER_OUTPUT_CHANNEL"], "a").write("x" * 5000); os._exit(0)',
      )
      const frames = decodeFrames(Buffer.from(await finishedLog(id), 'latin1'))
      expect(frames.reduce((bytes, { fileno, payload }) => bytes + (fileno === '3' ? payload.length : 0), 0)).toBe(5000)
      return frames.slice(-2).map(({ fileno, payload }) => [fileno, payload.length])
    }
    // where the box looks at the channel between the script's last word and its end, there is no rest
    let last = await rest()
    while (last[0]?.[1] === 0) last = await rest()
    expect(last).toEqual([
      ['3', 5000],
      ['-', 1],
    ])
  })

  test('leads a session of its own and has no time limit', async () => {
    const id = await detached(
      'import os; print(os.getsid(0) == os.getpid(), "timeout" in open(f"/proc/{os.getppid()}/cmdline").read())',
      { name: 'timeout', value: '1' },
    )
    expect(printed(await finishedLog(id))).toBe('True False\n')
  })

  test.each(['TRUE', '1', 'Yes', 'on'])('detach=%s', async (value) => {
    const { reply } = await run(box.pythonUrl, [
      script(''),
      { name: 'detach', value },
      env('LAGER_PROCESS_ID', randomUUID()),
    ])
    expect(json(reply)).toMatchObject({ status: 'detached' })
  })

  test.each(['false', '0', 'maybe'])('detach=%s is attached', async (value) => {
    expect(exitCodeOf((await run(box.pythonUrl, [script(''), { name: 'detach', value }])).frames)).toBe(0)
  })

  test('without an id stands where nobody can reach it', async () => {
    const { reply } = await run(box.pythonUrl, [script('print("hi")'), DETACH])
    expect(json(reply)).toEqual({ status: 'detached', pid: expect.any(Number), lager_process_id: null })
    await eventually(async () =>
      (await readFile(join(directory('None'), 'output.log'), 'latin1').catch(() => '')).endsWith('- 1 0'),
    )
  })

  test('any id is taken at the start, but none that leads elsewhere', async () => {
    const odd = await run(box.pythonUrl, [script(''), DETACH, env('LAGER_PROCESS_ID', 'not-a-uuid')])
    expect(json(odd.reply)).toMatchObject({ lager_process_id: 'not-a-uuid' })
    const out = await run(box.pythonUrl, [script(''), DETACH, env('LAGER_PROCESS_ID', '../../out')])
    expect(out.reply.status).toBe(500)
  })

  test('of several ids the first names the run, the script sees the last', async () => {
    const [first, last] = [randomUUID(), randomUUID()]
    const parts = [env('LAGER_PROCESS_ID', first), env('LAGER_PROCESS_ID', last)]
    await run(box.pythonUrl, [script('import os; print(os.environ["LAGER_PROCESS_ID"])'), DETACH, ...parts])
    expect(await finishedLog(first)).toContain(last)
  })

  test('an id used again goes on behind the older log', async () => {
    const id = await detached('print("one")')
    await finishedLog(id)
    await run(box.pythonUrl, [script('print("two")'), DETACH, env('LAGER_PROCESS_ID', id)])
    await eventually(async () => /one.*- 1 0.*two.*- 1 0$/s.test(await finishedLog(id)))
  })

  test('a single script is removed at the end, a module directory stays', async () => {
    await using own = await testBox()
    const module = zip([{ name: 'main.py', content: '' }])
    const id = randomUUID()
    await run(own.pythonUrl, [{ name: 'module', value: module }, DETACH, env('LAGER_PROCESS_ID', id)])
    await run(own.pythonUrl, [script(''), DETACH, env('LAGER_PROCESS_ID', randomUUID())])
    await eventually(async () => (await readdir(own.tmp)).length === 2)
    expect((await readdir(own.tmp)).filter((name) => name !== 'lager_processes')).toEqual([
      expect.stringMatching(/^tmp[a-z0-9_]{8}$/),
    ])
  })

  test('the log ends at ten mebibytes without a mark; the exit frame is there all the same', async () => {
    const id = await detached('import sys\nfor i in range(15000): sys.stdout.buffer.write(b"x" * 1024)')
    const log = await finishedLog(id)
    expect(log.length).toBeGreaterThanOrEqual(10 * 1024 * 1024)
    expect(log.length).toBeLessThan(10 * 1024 * 1024 + 1024 + 16)
    const frames = decodeFrames(Buffer.from(log, 'latin1'))
    expect(exitCodeOf(frames)).toBe(0)
    expect(frames.at(-2)?.fileno).toBe('1')
    expect(frames.at(-2)?.payload.length).toBeGreaterThan(0)
  })

  test('a script that closes both its streams is interrupted', async () => {
    const id = await detached('import os, time; os.close(1); os.close(2); time.sleep(600)')
    await finishedLog(id)
    expect((await meta(id)).returncode).toBe(-2)
  })
})

describe('attach', () => {
  test('replays from the first byte and follows to the end', async () => {
    const go = join(box.stateRoot, randomUUID())
    const id = await detached(`import os, time
print("first")
while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.01)
print("second")`)
    using early = await attached(id)
    await early.untilPrinted('first\n')
    await run(box.pythonUrl, [script(`open(${JSON.stringify(go)}, "w")`)])
    await early.untilEnd()
    const late = await (await attached(id)).untilEnd()
    for (const { reply, frames, payload } of [early, late].map((c) => ({
      reply: c.reply,
      frames: c.frames,
      payload: c.payload('1'),
    }))) {
      expect(reply.headers).toMatchObject({ 'content-type': 'text/plain', 'lager-output-version': '1' })
      expect(payload).toBe('first\nsecond\n')
      expect(exitCodeOf(frames)).toBe(0)
    }
  })

  test('several at once, with keepalives in silence; leaving hurts nobody', async () => {
    const id = await detached(SLEEPS)
    using one = await attached(id)
    using two = await attached(id)
    await one.until(() => one.frames.some(({ fileno }) => fileno === '0'))
    await two.untilPrinted('up')
    one.socket.destroy()
    await two.until(() => two.frames.filter(({ fileno }) => fileno === '0').length >= 2)
    expect((await meta(id)).status).toBe('running')
    await post(box.pythonUrl, '/python/kill', { lager_process_id: id, signal: 9 })
  })

  test('a run that is killed says so, and then the stream stays open: its directory is gone', async () => {
    const id = await detached(SLEEPS)
    using stream = await attached(id)
    await stream.untilPrinted('up')
    await post(box.pythonUrl, '/python/kill', { lager_process_id: id })
    await stream.until(() => exitCodeOf(withoutKeepalives(stream.frames)) === -15)
    await stream.until(() => stream.frames.at(-1)?.fileno === '0')
    expect(stream.ended).toBe(false)
    await expect(access(directory(id))).rejects.toThrow()
  })

  test.each<[string, number, string]>([
    ['{}', 400, 'lager_process_id is required'],
    ['{"lager_process_id":""}', 400, 'lager_process_id is required'],
    ['{"lager_process_id":"x"}', 422, 'Invalid process UUID: x'],
    [
      '{"lager_process_id":"123e4567-e89b-42d3-a456-426614174000"}',
      422,
      'Process not found: 123e4567-e89b-42d3-a456-426614174000',
    ],
    ['', 500, 'Internal server error: '],
    ['{', 500, 'Internal server error: '],
    ['[]', 500, 'Internal server error: '],
    ['{"lager_process_id":5}', 500, 'Internal server error: '],
  ])('body %s: %i', async (body, status, error) => {
    const reply = await post(box.pythonUrl, '/python/attach', body)
    expect([reply.status, json(reply)]).toEqual([status, { error: expect.stringContaining(error), status: 'error' }])
  })

  test('ids are compared as they were written', async () => {
    const id = await detached('')
    const reply = await post(box.pythonUrl, '/python/attach', { lager_process_id: id.toUpperCase() })
    expect([reply.status, json(reply)]).toEqual([
      422,
      { error: `Process not found: ${id.toUpperCase()}`, status: 'error' },
    ])
  })
})

describe('kill of a detached run', () => {
  test('a child in its group gets nothing but SIGKILL when the time is over', async () => {
    const mark = join(box.stateRoot, randomUUID())
    const child = `import signal, time, sys
signal.signal(15, lambda *_: open(${JSON.stringify(mark)}, "w"))
print("child up", flush=True)
while True: time.sleep(600)`
    const id = await detached(`import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", ${JSON.stringify(child)}])
time.sleep(600)`)
    using stream = await attached(id)
    await stream.untilPrinted('child up')
    await post(box.pythonUrl, '/python/kill', { lager_process_id: id })
    await stream.until(() => exitCodeOf(withoutKeepalives(stream.frames)) === -15)
    await expect(access(mark)).rejects.toThrow()
  })

  test('kill without an id removes every directory', async () => {
    await finishedLog(await detached(''))
    await post(box.pythonUrl, '/python/kill', {})
    await expect(readdir(directory(''))).rejects.toThrow()
    await finishedLog(await detached('')) // and the next one finds its place
  })
})

describe('breakpoints', () => {
  test('a paused script is shown and let go', async () => {
    const id = randomUUID()
    const ask = async (path: string) => json(await post(box.pythonUrl, `/python/${path}`, { lager_process_id: id }))
    expect(await ask('breakpoint')).toEqual({ paused: false })
    expect(await ask('continue')).toEqual({ resumed: false })
    await run(box.pythonUrl, [
      script(`import os
os.makedirs(${JSON.stringify(directory(id))})
open(${JSON.stringify(join(directory(id), 'breakpoint.json'))}, "w").write('{"paused": true, "line": 7}')`),
    ])
    expect(await ask('breakpoint')).toEqual({ paused: true, line: 7 })
    expect(await ask('continue')).toEqual({ resumed: true })
    expect(await readFile(join(directory(id), 'resume'), 'utf8')).toBe('1')
  })

  test.each(['breakpoint', 'continue'])('%s: wrong bodies', async (path) => {
    const said = async (body: unknown) => {
      const reply = await post(box.pythonUrl, `/python/${path}`, body)
      return [reply.status, json(reply)]
    }
    expect(await said('{')).toEqual([400, { error: 'Invalid JSON' }])
    expect(await said({})).toEqual([400, { error: 'lager_process_id is required', status: 'error' }])
    expect(await said({ lager_process_id: 'x' })).toEqual([422, { error: 'Invalid process UUID: x', status: 'error' }])
  })
})
