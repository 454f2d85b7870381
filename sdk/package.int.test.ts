import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testDb } from '../db/testing/database'
import { aMember, aServer } from '../server/testing/fixtures'
import { aLab } from '../worker/testing/lab'
import { aProxy } from '../worker/testing/proxy'
import { letGo, waitFor } from '../worker/testing/wired-lab'
import { packSdk } from './pack'

const run = promisify(execFile)
const SECRET = 'a secret for tests only, of enough characters'

/** A folder outside of this project, in which the package was installed as anybody would. */
async function aProject(): Promise<AsyncDisposable & { dir: string }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-outside-'))
  const tgz = path.resolve(await packSdk(dir))
  writeFileSync(path.join(dir, 'package.json'), '{ "name": "outside", "type": "module", "private": true }')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tgz], { cwd: dir })
  return { dir, [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }) }
}

const PROGRAM = `
import { createStoutClient, StoutError } from 'stout-sdk'
const [url, token, dir, folder] = process.argv.slice(2)
const stout = createStoutClient({ url, token })
const tell = (what, value) => console.log(JSON.stringify({ what, value }))
const script = \`${waitFor('go')}
import os
print('went on')
os.makedirs(os.environ['STOUT_ARTIFACTS'] + '/deep', exist_ok=True)
open(os.environ['STOUT_ARTIFACTS'] + '/deep/a.bin', 'wb').write(bytes(range(256)) * 4096)
raise SystemExit(3)\`
const job = await stout.runJob({ name: 'outside', script: "print('first', flush=True)\\n" + script, args: [dir] }, { onLine: ({ n, text }) => tell('line', n + ' ' + text) })
tell('job', [job.name, job.state, job.exitCode])
const after = []
for await (const line of stout.followLogs(job.id, { after: { attempt: 1, n: 1 } })) after.push(line.text)
tell('after', after)
tell('files', await stout.downloadArtifacts(job.id, folder))
tell('listed', (await stout.api.jobs.list.query({ text: 'outside' })).items.map(({ id }) => id === job.id))
await stout.runJob({ script: '' }).catch((error) => tell('refused', [error instanceof StoutError, error.status, error.issues[0]?.path]))
await createStoutClient({ url, token: 'stout_wrong' }).runJob({ script: 'x' }).catch(({ status }) => tell('stranger', status))
`

test('an outside project runs a job, follows it over a connection that breaks, and downloads what it made', async () => {
  await using project = await aProject()
  await using t = await testDb()
  await using lab = await aLab({}, { database: t })
  await lab.addBox()
  await using s = await aServer(t.url, 'http://boxes.stout.test', { ...lab.store.env, STOUT_SECRET: SECRET })
  await using line = await aProxy(() => Number(new URL(s.url).port))
  const member = await aMember(s.web, lab.ctx)
  const program = path.join(project.dir, 'main.mjs')
  writeFileSync(program, PROGRAM)
  const folder = path.join(project.dir, 'files')
  const args = [program, `http://127.0.0.1:${line.port}/`, member.bearer.slice(7), lab.dir, folder]
  const child = spawn(process.execPath, args, { cwd: project.dir, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  const exited = once(child, 'exit')
  const told = () =>
    said
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text) as { what: string; value: unknown })
  const of = (what: string) => told().flatMap((one) => (one.what === what ? [one.value] : []))
  await expect.poll(() => of('line'), { timeout: 60_000 }).toEqual(['1 first'])
  line.turn('cut')
  line.turn('up')
  letGo(lab.dir, 'go')
  expect((await exited)[0]).toBe(0)
  expect(of('line')).toEqual(['1 first', '2 went on'])
  expect(of('job')).toEqual([['outside', 'failed', 3]])
  expect(of('after')).toEqual([['went on']])
  expect(of('files')).toEqual([[path.join(folder, 'deep', 'a.bin')]])
  expect(readFileSync(path.join(folder, 'deep', 'a.bin'))).toEqual(
    Buffer.alloc(1_048_576, Buffer.from([...Array(256).keys()])),
  )
  expect(of('listed')).toEqual([[true]])
  expect(of('refused')).toEqual([[true, expect.any(Number), expect.any(String)]])
  expect(of('stranger')).toEqual([401])
})

const TYPED = `
import { createStoutClient, type Job, type LogLine } from 'stout-sdk'
const stout = createStoutClient({ url: 'http://localhost:3000', token: 'stout_' })
export const state: Promise<'completed' | Exclude<Job['state'], 'completed'>> = stout.runJob({ script: 'x' }).then((job) => job.state)
export const names: Promise<string[]> = stout.api.boxes.list.query({}).then(({ items }) => items.map(({ name }) => name))
export async function* texts(): AsyncGenerator<string> { for await (const line of stout.followLogs('job_1')) yield (line satisfies LogLine).text }
// @ts-expect-error a typing mistake in a field
stout.runJob({ scirpt: 'x' })
// @ts-expect-error no such procedure
stout.api.jobs.listAll.query({})
// @ts-expect-error a number is no name
export const wrong: number = stout.runJob({ script: 'x' }).then((job) => job.name)
`

test('its types are those of the router: mistakes do not compile, and what is right does', async () => {
  await using project = await aProject()
  writeFileSync(path.join(project.dir, 'main.ts'), TYPED)
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    '',
    'main.ts',
  ]
  const { stdout } = await run(path.resolve('node_modules/.bin/tsc'), options, { cwd: project.dir }).catch(
    (error) => error,
  )
  expect(stdout).toBe('')
})
