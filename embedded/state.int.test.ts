import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Children } from './children'
import { holderOf, startedAt, tryLock, unlock } from './lock.mjs'
import { until } from './process'
import { AlreadyRunning, StateFolder } from './state'

function temporaryFolder(): { folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout-state-'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

const WAITS_FOR_EVER = [process.execPath, '-e', "console.log('up', process.pid); setInterval(() => {}, 1000)"]
const env = () => ({ ...process.env })

/** The pid that a child wrote to its log last. */
function pidInLog(children: Children, name: string): number {
  return Number(/up (\d+)$/.exec(children.lastLines(name))?.[1] ?? 0)
}

test('a lock of a dead process, or of a pid that was given anew, is taken; one of a live process is not', () => {
  using temporary = temporaryFolder()
  const file = path.join(temporary.folder, 'lock')
  for (const stale of [{ pid: process.pid, startedAt: '1' }, { pid: 2 ** 22 + 1, startedAt: '5' }, 'nonsense']) {
    writeFileSync(file, JSON.stringify(stale))
    expect(tryLock(file)).toBe(null)
    expect(holderOf(file)).toBe(process.pid)
    unlock(file)
  }
  writeFileSync(file, JSON.stringify({ pid: process.ppid, startedAt: startedAt(process.ppid) }))
  expect(tryLock(file)).toBe(process.ppid)
  unlock(file)
  expect(holderOf(file)).toBe(process.ppid)
})

test('a second start on a state folder is told who runs there and where', async () => {
  using temporary = temporaryFolder()
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  try {
    const state = new StateFolder(temporary.folder)
    const lock = { pid: holder.pid, startedAt: startedAt(holder.pid ?? 0) }
    writeFileSync(path.join(temporary.folder, 'up.lock'), JSON.stringify(lock))
    state.writeJson('run.json', { url: 'http://localhost:3000', children: [] })
    const refused = await state.hold(0).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AlreadyRunning)
    expect(refused).toMatchObject({ pid: holder.pid, url: 'http://localhost:3000' })
  } finally {
    holder.kill('SIGKILL')
  }
})

test('settings are made once and are for the owner alone', async () => {
  using temporary = temporaryFolder()
  const folder = path.join(temporary.folder, 'state')
  const state = new StateFolder(folder)
  await state.hold()
  const settings = state.settings()
  expect(settings.apiToken).toMatch(/^stout_[A-Za-z0-9_-]{32}$/)
  expect(new StateFolder(folder).settings()).toEqual(settings)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(path.join(folder, 'settings.json')).mode & 0o777).toBe(0o600)
  state.release()
})

test('settings of an older version are kept, and get what they lack', () => {
  using temporary = temporaryFolder()
  const state = new StateFolder(temporary.folder)
  const { storeKeys: _lacking, ...older } = { ...state.settings(), webPort: 3007 }
  state.writeJson('settings.json', older)
  const newer = new StateFolder(temporary.folder).settings()
  expect(newer).toMatchObject(older)
  expect(newer.storeKeys.secretAccessKey).toMatch(/^[A-Za-z0-9_-]{40}$/)
  expect(new StateFolder(temporary.folder).settings()).toEqual(newer)
})

test('a child that is killed is started again; what a killed parent left is ended by the next', async () => {
  using temporary = temporaryFolder()
  const state = new StateFolder(temporary.folder)
  await state.hold()
  const said: string[] = []
  const children = new Children(state, (line) => said.push(line))
  children.start({ name: 'web', command: WAITS_FOR_EVER, env })
  expect(await until(() => pidInLog(children, 'web') > 0, 10_000)).toBe(true)
  const first = pidInLog(children, 'web')
  process.kill(first, 'SIGKILL')
  expect(await until(() => pidInLog(children, 'web') !== first, 10_000)).toBe(true)
  const second = pidInLog(children, 'web')
  expect(said).toEqual([expect.stringContaining('web ended (SIGKILL); starting it again in 0.5 s')])

  // Whoever comes next knows it from the record alone. A recorded pid that is somebody else's now is left alone.
  const record = JSON.parse(readFileSync(state.file('run.json'), 'utf8')) as { children: object[] }
  record.children.push({ name: 'stranger', pid: process.pid, startedAt: '1' })
  state.writeJson('run.json', record)
  expect(await new StateFolder(temporary.folder).endLeftovers()).toEqual(['web'])
  expect(startedAt(second)).toBe(null)
  await children.stop(['web'], 5000) // this parent was not really killed: it would start it again
  state.release()
})
