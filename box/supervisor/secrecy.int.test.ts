import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { CLAIM_TOKEN, RUN_TOKEN } from './testing/collector'
import { processes, processesOf, until } from './testing/processes'

const HANG = 'import time\nprint("up", flush=True)\nwhile True: time.sleep(1)'

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('no token stands in any environment, command line or file while the script runs', async () => {
  const attempt = await Attempt.start(HANG)
  await until('the script', () => attempt.collector.text() === 'up\n')
  for (const { pid, cmdline, environ } of await processes()) {
    for (const token of [CLAIM_TOKEN, RUN_TOKEN]) {
      expect(cmdline.includes(token), `command line of ${pid}`).toBe(false)
      expect(environ.includes(token), `environment of ${pid}`).toBe(false)
    }
  }
  const files = await filesBelow((await attempt.directory()) ?? '')
  expect(files.map((file) => file.replace(/^.*\/stout-[^/]*\//, '').replace(/\d{10}$/, 'N')).sort()).toEqual([
    'job/main.py',
    'spool-N',
    'supervisor.log',
  ])
  for (const file of files) {
    const content = await readFile(file, 'latin1')
    for (const token of [CLAIM_TOKEN, RUN_TOKEN]) expect(content.includes(token), file).toBe(false)
  }
})

test('supervisor and guard carry no tag, so that a kill by tag reaches the script and not those who tell of it', async () => {
  const attempt = await Attempt.start(HANG)
  await until('the script', () => attempt.collector.text() === 'up\n')
  const ours = await processesOf(attempt.tmp, attempt.processId)
  const tagged = ours.filter((process) => process.environ.includes('LAGER_PROCESS_ID'))
  expect(tagged.map((process) => process.cmdline.split('\0')[2])).toEqual(['main.py'])
  expect(ours.map((process) => process.comm.replace(/^python.*/, 'python')).sort()).toEqual([
    'python',
    'stout-guard',
    'stout-super',
  ])
  for (const process of ours.filter((one) => one.comm.startsWith('stout-')))
    expect(process.environ, process.comm).not.toContain('STOUT_')
})

test('a script of the same user reads neither environment, memory nor descriptors of those above it', async () => {
  const script = `
import os
if os.getuid() == 0:  # root may look at everything; what counts is an ordinary user
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
def parent(pid): return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
guard = os.getppid()
for pid in (guard, parent(guard)):
    for name in ("environ", "mem", "fd", "cwd", "maps"):
        try:
            (os.listdir if name == "fd" else os.readlink if name == "cwd" else lambda path: open(path, "rb").read(1))(f"/proc/{pid}/{name}")
            print("readable:", name)
        except PermissionError:
            print("refused")
`
  const attempt = await Attempt.start(script)
  await attempt.closed()
  expect(attempt.collector.text()).toBe('refused\n'.repeat(10))
})
