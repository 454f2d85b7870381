import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { aLab } from '../../worker/testing/lab'
import { aMember, aServer } from '../testing/fixtures'

const run = promisify(execFile)
const SECRET = 'a secret for tests only, of enough characters'
const MARK = '=== the next block ==='

/** The shell blocks of a document, as they are printed. */
function shellBlocks(file: string): string[] {
  const text = readFileSync(path.join(import.meta.dirname, '../..', file), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

test('the blocks of docs/api.md do what they say, run as they are printed on a real job', async () => {
  await using t = await testDb()
  await using lab = await aLab({}, { database: t })
  await lab.addBox({ name: 'bench-1' })
  await using s = await aServer(t.url, 'http://boxes.stout.test', { ...lab.store.env, STOUT_SECRET: SECRET })
  const { bearer } = await aMember(s.web, lab.ctx)
  const blocks = shellBlocks('docs/api.md')
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-quick-start-'))
  const env = { ...process.env, URL: s.url, TOKEN: bearer.replace('Bearer ', '') }
  const script = ['set -euo pipefail', ...blocks.map((block) => `${block}\necho '${MARK}'`)].join('\n')
  const { stdout, stderr } = await run('bash', ['--norc', '-c', script], { cwd: dir, env, timeout: 90_000 }).finally(
    () => rmSync(dir, { recursive: true }),
  )
  expect(stderr).toBe('')
  const said = stdout.split(MARK).map((part) => part.trim().replaceAll('\r', ''))
  expect(said.pop(), 'all blocks ran').toBe('')
  const [boxes, job, replay, stream, state, lines, files, again, refused, pages, edits, ...more] = said
  expect(more).toEqual([])
  expect(JSON.parse(boxes ?? '').items).toMatchObject([{ name: 'bench-1' }])
  expect(job).toMatch(/^job_\w+$/)
  expect(replay?.split('\n').sort()).toEqual([
    'HTTP/1.1 201 Created',
    'idempotency-replayed: true',
    `location: /api/v1/jobs/${job}`,
  ])
  for (const n of [0, 1, 2, 3, 4]) expect(stream).toContain(`"text":"line ${n}"`)
  expect(stream).toMatch(/event: end\ndata: \{"attempt":1,"lastN":5\}$/)
  expect(state).toBe('completed')
  expect(lines).toContain('"nextFrom":4')
  expect(lines?.endsWith('line 0\nline 1\nline 2\nline 3\nline 4')).toBe(true)
  expect(files).toMatch(/^all good\n(.*\n)?report\.txt .* 9$/s)
  expect(again?.split('\n')).toEqual([job, 'cancelled'])
  expect(refused).toMatch(/^HTTP\/1\.1 400 /)
  const { issues } = JSON.parse(refused?.slice(refused.indexOf('{')) ?? '')
  expect(issues.map((issue: { path: string }) => issue.path).sort()).toEqual(['colour', 'timeoutSeconds'])
  expect(pages?.split('\n')).toEqual([expect.stringMatching(/^job_\w+ smoke$/), `${job} smoke`])
  expect(edits).toMatch(/^200\n412\nsmoke-[0-9-]+ first$/)
})
