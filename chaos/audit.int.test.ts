import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { finishAttempt } from '../core/attempts/finish-attempt'
import { recordExit } from '../core/attempts/record-exit'
import { appendBatches } from '../core/logs/append-lines'
import { aBox, aJob, anOrg } from '../core/testing/fixtures'
import { aRecord } from '../core/testing/logs'
import { storeAt, upload } from '../core/testing/uploads'
import type { Db } from '../db/client'
import { testDb } from '../db/testing/database'
import { aStore } from '../embedded/object-store/testing/store'
import { audit } from './audit'

const LINES = [1, 2, 3]
const ARTIFACT_BYTES = 96

type World = { db: Db; name: string; truth: (kind: string, text: string) => void }
type Wrong = {
  kept?: number[]
  artifact?: (name: string) => Buffer
  tamper?: (world: World) => unknown
}

const rightArtifact = (name: string) => Buffer.alloc(ARTIFACT_BYTES, createHash('sha256').update(name).digest())

/** A job that a box ran to its end, as Stout keeps it and as its script wrote it down; `wrong` says where they differ. */
async function aFinishedJob({ kept = LINES, artifact = rightArtifact, tamper }: Wrong) {
  const stack = new AsyncDisposableStack()
  const { db } = stack.use(await testDb())
  const store = stack.adopt(storeAt(stack.use(await aStore()).env), (opened) => opened.close())
  const truth = mkdtempSync(path.join(tmpdir(), 'stout-audit-'))
  stack.defer(() => rmSync(truth, { recursive: true, force: true }))
  const ctx = await anOrg(db)
  await aBox(ctx)
  const args = [truth, '3', '0', String(ARTIFACT_BYTES), '0']
  const { id: jobId } = await aJob(ctx, { state: 'running', labels: { chaos: 'plain' }, args })
  const ref = { jobId, attempt: 1 }
  const name = `${jobId}-1`
  const note = (kind: string, text: string) => appendFileSync(path.join(truth, `${name}.${kind}`), text)
  note('starts', '4711\n')
  for (const n of LINES) note('out', `${name} ${n} \n`)
  note('ends', '0\n')

  const records = Buffer.concat(kept.map((n) => aRecord(Buffer.from(`${name} ${n} `), 1, 0, 0n)))
  const batch = { firstN: 1, count: kept.length, records }
  await appendBatches(db, [{ ...ref, batch }], { maxBytes: 1e9, maxLines: 1e9 })
  await recordExit(db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await upload({ db, store }, ref, 'data.bin', artifact(name))
  await finishAttempt(db, ref, kept.length, [])
  await tamper?.({ db, name, truth: note })
  return { db, store, truth, name, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('a job that is as it should be', async () => {
  await using world = await aFinishedJob({})
  const found = await audit(world, new Set())
  expect(found).toMatchObject({ problems: [], jobs: 1, starts: 1, lines: 3, artifacts: 1, byEnd: { completed: 1 } })
})

const WRONG: [string, Wrong, RegExp][] = [
  ['a line kept twice', { kept: [1, 2, 2, 3] }, /1 lines are kept twice/],
  ['a line lost in the middle', { kept: [1, 3] }, /1 lines are neither kept nor counted/],
  ['a line lost at the end', { kept: [1, 2] }, /its last \d+ bytes are missing/],
  ['lines in another order', { kept: [1, 3, 2] }, /not what was printed, in order/],
  ['a second start', { tamper: ({ truth }) => truth('starts', '4712\n') }, /attempt 1 started 2 times/],
  ['two on one slot', { tamper: ({ truth }) => truth('overlaps', 'bench-1\n') }, /two attempts ran on one slot/],
  ['another artifact', { artifact: () => Buffer.alloc(ARTIFACT_BYTES) }, /its artifact is not what it wrote/],
  ['no artifact', { tamper: ({ db }) => db.deleteFrom('artifacts').execute() }, /its artifacts are: none/],
  [
    'an end that nothing explains',
    { tamper: ({ db }) => db.updateTable('jobs').set({ labels: '{"chaos":"fails"}' }).execute() },
    /ended as completed/,
  ],
]

test.each(WRONG)('%s is found', async (_, wrong, problem) => {
  await using world = await aFinishedJob(wrong)
  const { problems } = await audit(world, new Set())
  expect(problems.join('\n')).toMatch(problem)
})

test('a hit on its supervisor excuses a lost line, and no second start', async () => {
  await using world = await aFinishedJob({ kept: [1, 3], tamper: ({ truth }) => truth('starts', '4712\n') })
  const { problems } = await audit(world, new Set([world.name]))
  expect(problems.join('\n')).toMatch(/started 2 times/)
  expect(problems.join('\n')).not.toMatch(/neither kept/)
})

test('a job that nobody ended', async () => {
  await using world = await aFinishedJob({
    async tamper({ db }) {
      const [org] = await db.selectFrom('orgs').select('id').execute()
      if (org) await aJob({ db, orgId: org.id, role: 'owner', actor: 'user:ada', requestId: 'r' })
    },
  })
  expect((await audit(world, new Set())).problems.join('\n')).toMatch(/has not ended/)
})
