import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { env, get, json, post, run, script, startRun } from './testing/client'
import { eventually } from './testing/poll'

let dir: string
let bundle: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stout-box-main-'))
  bundle = join(dir, 'box.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
})
afterAll(async () => await rm(dir, { recursive: true, force: true }))

const CONFIG = { boxId: 'box-1', host: '127.0.0.1', pythonPort: 0, httpPort: 0, nets: [] }

async function start(config: unknown): Promise<ChildProcess> {
  const file = join(dir, 'box.json')
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  return spawn(process.execPath, [bundle, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function listening(child: ChildProcess): Promise<{ pythonUrl: string; httpUrl: string }> {
  if (!child.stdout) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line)
    if (entry.msg === 'box listens') {
      child.stdout.resume()
      return entry
    }
  }
  throw new Error('the runtime ended before it listened')
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.each<[unknown, string]>([
  ['{', 'JSON'],
  [{ ...CONFIG }, 'stateRoot'],
  [{ ...CONFIG, stateRoot: '/x', pythonPort: 70000 }, 'pythonPort'],
  [{ ...CONFIG, stateRoot: '/x', nets: 'none' }, 'nets'],
  [{ ...CONFIG, stateRoot: '/x', colour: 'red' }, 'colour'],
  [{ ...CONFIG, stateRoot: '/dev/null/x' }, '/dev/null/x'],
])('configuration %j is refused with exit code 2 and %s in the message', async (config, named) => {
  const child = await start(config)
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  expect([code, said]).toEqual([2, expect.stringContaining(named)])
})

test('SIGTERM ends the runtime, its runs and their daemons', async () => {
  const child = await start({ ...CONFIG, stateRoot: join(dir, 'state-term') })
  const { pythonUrl } = await listening(child)
  expect(await readFile(join(dir, 'state-term/box.pid'), 'utf8')).toBe(`${child.pid}\n`)
  using stream = await startRun(pythonUrl, [
    script('import os, time; print("up", os.getpid(), flush=True); time.sleep(600)'),
  ])
  await stream.until(() => /up \d+\n/.test(stream.payload('1')))
  const pid = Number(/up (\d+)/.exec(stream.payload('1'))?.[1])
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(isThere(pid)).toBe(false)
})

test('after SIGKILL its daemons live on; the next one takes over the state root, and can end them', async () => {
  const stateRoot = join(dir, 'state-kill')
  const first = await start({ ...CONFIG, stateRoot })
  const { pythonUrl } = await listening(first)
  await post(pythonUrl, '/lock', { user: 'ada' })
  const daemon = `import os, time
pid = os.fork()
if pid == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2): os.dup2(null, fd)
    time.sleep(600)
print(pid)`
  const parts = [script(daemon), env('LAGER_PROCESS_ID', '123e4567-e89b-42d3-a456-426614174000')]
  const pid = Number.parseInt((await run(pythonUrl, parts)).payload('1'), 10)
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(isThere(pid)).toBe(true)

  const second = await start({ ...CONFIG, stateRoot })
  const urls = await listening(second)
  expect(json(await get(urls.httpUrl, '/lock'))).toMatchObject({ locked: true, user: 'ada' })
  await post(urls.pythonUrl, '/python/kill', {})
  await eventually(() => !isThere(pid))
  second.kill('SIGTERM')
  await once(second, 'exit')
})
