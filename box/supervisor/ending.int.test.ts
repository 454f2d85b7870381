import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { isAlive, processesOf, until } from './testing/processes'

const HANG = 'import time\nprint("up")\nwhile True: time.sleep(1)'
const HANG_WITHOUT_MERCY = `import signal\nsignal.signal(signal.SIGTERM, lambda *_: print("not yet"))\n${HANG}`

/** Forks twice, leaves the session and drops its environment: what a daemon does to be found by nobody. */
const DAEMON = `
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.execve("/bin/sh", ["sh", "-c", "trap '' TERM; echo $$ > " + sys.argv[1] + "; while :; do sleep 1; done"], {"PATH": "/bin:/usr/bin"})
    os._exit(0)
os.wait()
while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read().strip(): time.sleep(.01)
`

async function up(attempt: Attempt): Promise<void> {
  await until('the script', () => attempt.collector.text().includes('up'))
}

/** The number that the script, or something it started, wrote into a file of the box. */
async function pidIn(file: string): Promise<number> {
  const read = async () => Number(await readFile(file, 'utf8').catch(() => '0'))
  await until(`a pid in ${file}`, async () => (await read()) > 0)
  return await read()
}

async function startWithFile(script: string, options: Parameters<typeof Attempt.start>[1] = {}) {
  const attempt = await Attempt.start(script, { ...options, launch: false })
  const file = join(attempt.tmp, 'pid')
  attempt.collector.order.args = [file]
  await attempt.launch()
  return { attempt, file }
}

async function supervisorOf(attempt: Attempt, comm: 'stout-super' | 'stout-guard') {
  const found = (await processesOf(attempt.tmp, attempt.processId)).find((process) => process.comm === comm)
  if (!found) throw new Error(`no ${comm}`)
  return found
}

async function nothingLeft(attempt: Attempt): Promise<void> {
  await until('nothing of the attempt runs', async () => {
    return (await processesOf(attempt.tmp, attempt.processId)).length === 0
  })
}

test('cancel gives the script time to clean up', async () => {
  const script = `import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (print("safe"), sys.exit(3)))\n${HANG}`
  const attempt = await Attempt.start(script, { graceSeconds: 60 })
  await up(attempt)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(attempt.collector.text()).toBe('up\nsafe\n')
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 3, signal: null, endedBy: 'cancel' }])
})

test('a script that is told to end when its time was over already has run out of time', async () => {
  const attempt = await Attempt.start(HANG)
  await up(attempt)
  attempt.collector.control({ remainingSeconds: -1, cancel: { reason: 'Ran longer than 60 s.' } })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ exitCode: null, signal: 'SIGTERM', endedBy: 'deadline' }])
})

test('cancel ends a script that ignores SIGTERM', async () => {
  const attempt = await Attempt.start(HANG_WITHOUT_MERCY)
  await up(attempt)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(attempt.collector.text()).toBe('up\nnot yet\n')
  expect(attempt.collector.exits).toMatchObject([{ exitCode: null, signal: 'SIGKILL', endedBy: 'cancel' }])
})

test('stop cuts a long grace short', async () => {
  const attempt = await Attempt.start(HANG_WITHOUT_MERCY, { graceSeconds: 3600 })
  await up(attempt)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await until('SIGTERM', () => attempt.collector.text().includes('not yet'))
  attempt.collector.control({ stop: { reason: 'at once' } })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGKILL', endedBy: 'cancel' }])
})

test('the deadline ends the script without the control plane', async () => {
  const attempt = await Attempt.start(HANG, { remainingSeconds: 1 })
  await up(attempt)
  await attempt.collector.stop()
  await until('the script’s end', async () => {
    const all = await processesOf(attempt.tmp, attempt.processId)
    return all.every((process) => !process.environ.includes(attempt.processId))
  })
  await attempt.collector.listen()
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ exitCode: null, signal: 'SIGTERM', endedBy: 'deadline' }])
})

test('a deadline that was moved while the script runs counts', async () => {
  const attempt = await Attempt.start(HANG, { remainingSeconds: 600 })
  await up(attempt)
  attempt.collector.control({ remainingSeconds: 0.1 })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ endedBy: 'deadline' }])
})

test('a script that prints nothing for too long is ended for that', async () => {
  const attempt = await Attempt.start(HANG, { noOutputTimeoutSeconds: 1 })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGTERM', endedBy: 'no_output' }])
})

test('a grandchild that holds the pipe keeps the job open for a moment only', async () => {
  const { attempt, file } = await startWithFile(
    'import subprocess, sys\nchild = subprocess.Popen(["sleep", "1000"])\nopen(sys.argv[1], "w").write(str(child.pid))\nprint("bye")',
  )
  await attempt.closed()
  expect(attempt.collector.text()).toBe('bye\n')
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
  expect(attempt.collector.dones[0]?.leftovers).toEqual(['sleep 1000'])
  expect(await isAlive(await pidIn(file))).toBe(false)
})

test('a daemon that scrubbed its environment, left its session and ignores SIGTERM is ended', async () => {
  const { attempt, file } = await startWithFile(DAEMON)
  await attempt.closed()
  expect(await isAlive(await pidIn(file))).toBe(false)
  expect(attempt.collector.dones[0]?.leftovers.length).toBeGreaterThan(0)
})

test('a burst of 300 short-lived children leaves nothing and loses nothing', async () => {
  const attempt = await Attempt.start(
    'import os\nfor i in range(300):\n    if os.fork() == 0:\n        os.write(1, b"child\\n")\n        os._exit(0)\nos.write(1, b"parent\\n")',
  )
  await attempt.closed()
  expect(attempt.collector.text().split('\n').sort().join(' ')).toBe(`${' child'.repeat(300)} parent`)
})

test('output closed early does not end the job', async () => {
  const attempt = await Attempt.start(
    'import os, sys\nprint("a", flush=True)\nos.close(1); os.close(2)\nwhile not os.path.exists("go"): pass\nos._exit(4)',
  )
  await until('a line', () => attempt.collector.lines.length > 0)
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 4 }])
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'])(
  'a script that sends %s to its parent and group changes nothing',
  async (name) => {
    const attempt = await Attempt.start(
      `import os, signal\nsignal.signal(signal.${name}, signal.SIG_IGN)\nos.kill(os.getppid(), signal.${name}); os.killpg(0, signal.${name})\nprint("still here")`,
    )
    await attempt.closed()
    expect(attempt.collector.text()).toBe('still here\n')
    expect(attempt.collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
  },
)

test('a script that kills its guard ends with it, daemons too, and that is told', async () => {
  const { attempt, file } = await startWithFile(
    `${DAEMON}\nimport signal\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1000)`,
  )
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGKILL', endedBy: 'outside' }])
  expect(await isAlive(await pidIn(file))).toBe(false)
})

test('a guard that was stopped does not keep a cancelled job for ever', async () => {
  const attempt = await Attempt.start(`import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n${HANG}`)
  await up(attempt)
  attempt.collector.control({ cancel: { reason: 'enough' } })
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGKILL', endedBy: 'cancel' }])
})

test('when the supervisor is killed, the script and all it started end', async () => {
  const { attempt, file } = await startWithFile(`${DAEMON}\n${HANG_WITHOUT_MERCY}`)
  await up(attempt)
  const daemon = await pidIn(file)
  process.kill((await supervisorOf(attempt, 'stout-super')).pid, 'SIGKILL')
  await nothingLeft(attempt)
  expect(await isAlive(daemon)).toBe(false)
})

test('the runtime’s own kill reaches the script by its tag, and is told as what it was', async () => {
  const attempt = await Attempt.start(HANG)
  await up(attempt)
  const tagged = (await processesOf(attempt.tmp, attempt.processId)).filter((process) =>
    process.environ.includes(`LAGER_PROCESS_ID=${attempt.processId}`),
  )
  expect(tagged.length).toBe(1)
  process.kill(tagged[0]?.pid ?? 0, 'SIGTERM')
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGTERM', endedBy: 'outside' }])
})

test.each([404, 410])('an attempt that was given up (%i) ends its script and leaves', async (status) => {
  const attempt = await Attempt.start(HANG)
  await up(attempt)
  attempt.collector.mischief = () => status
  attempt.collector.cutStreams()
  await nothingLeft(attempt)
  await until('an empty box', async () => (await attempt.directory()) === undefined)
  expect(attempt.collector.exits).toEqual([])
})
