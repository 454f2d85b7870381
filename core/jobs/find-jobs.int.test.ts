import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { findJobs, type Reach } from './find-jobs'
import type { JobFilter } from './job-filter'

/** The ways a search can go: all found by walking, little by little; or after one look by the index, which has its time or not. */
const WAYS: Record<string, Reach> = {
  'one walk': { firstJobs: 1_000, windowJobs: 1, windows: 1, indexMs: 5_000 },
  'short walks': { firstJobs: 2, windowJobs: 1, windows: 1, indexMs: 5_000 },
  'the index': { firstJobs: 1, windowJobs: 1, windows: 2, indexMs: 5_000 },
  'no time for the index': { firstJobs: 1, windowJobs: 1, windows: 3, indexMs: 1 },
}

/** All pages of what is found, as one list. */
async function found(ctx: Ctx, filter: JobFilter, reach: Reach): Promise<JobId[]> {
  const ids: JobId[] = []
  for (let cursor: JobId | undefined; ; ) {
    const page = await findJobs(ctx, filter, { cursor, limit: 2 }, reach)
    ids.push(...page.ids)
    if (page.nextCursor === null) return ids
    cursor = page.nextCursor
  }
}

async function aFewJobs(ctx: Ctx) {
  const bench = await aBox(ctx, { name: 'Bench-7' })
  const labels = { suite: 'rf', 'odd.key': '100%_\\"' }
  const soak = await aJob(ctx, { name: 'Power soak', labels, target: { box: 'Bench-7' }, state: 'completed' })
  const jobs = [soak]
  for (const name of ['flash 50%', 'flash 500', 'Größe', 'soak again']) {
    jobs.push(await aJob({ ...ctx, actor: 'token:tok_1' }, { name, labels: { suite: 'power', note: 'rf' } }))
  }
  const [, percent, five, umlaut, again] = jobs.map(({ id }) => id) as [JobId, JobId, JobId, JobId, JobId]
  return {
    bench,
    soak: soak.id,
    percent,
    five,
    umlaut,
    again,
    all: jobs.map(({ id }) => id).reverse(),
    at: soak.createdAt,
  }
}

test('jobs are found by words, labels and all else, alike by every way that a search can go, newest first', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const { bench, soak, percent, five, umlaut, again, all, at } = await aFewJobs(ctx)
  const elsewhere = await anOrg(t.db)
  await aJob(elsewhere, { name: 'soak', labels: { suite: 'rf' } })
  const cases: [JobFilter, JobId[]][] = [
    [{}, all],
    [{ text: 'SOAK' }, [again, soak]],
    [{ text: 'soak  power' }, [again, soak]],
    [{ text: 'soak bench' }, [soak]],
    [{ text: 'größe' }, [umlaut]],
    [{ text: '50%' }, [percent]],
    [{ text: '50' }, [five, percent]],
    [{ text: 'suite=rf' }, [soak]],
    [{ text: 'nowhere' }, []],
    [{ label: ['suite'] }, all],
    [{ label: ['suite=rf'] }, [soak]],
    [{ label: ['note=rf', 'suite=power'], text: 'flash' }, [five, percent]],
    [{ label: ['odd.key=100%_\\"'] }, [soak]],
    [{ label: ['suit'] }, []],
    [{ state: ['completed'] }, [soak]],
    [{ state: ['completed', 'queued'], text: 'soak' }, [again, soak]],
    [{ boxId: bench }, [soak]],
    [{ submittedBy: 'user:ada' }, [soak]],
    [{ submittedBy: 'token:tok_1', text: 'soak' }, [again]],
    [{ group: 'none' }, []],
    [{ createdBefore: at }, []],
    [{ createdAfter: at }, all],
    [{ createdAfter: new Date(at.getTime() + 1), createdBefore: new Date(at.getTime() + 3_600_000) }, all.slice(0, -1)],
  ]
  for (const [way, reach] of Object.entries(WAYS)) {
    for (const [filter, expected] of cases) {
      expect(await found(ctx, filter, reach), `${JSON.stringify(filter)} by ${way}`).toEqual(expected)
    }
  }
})

test('a walk that found nothing yet says where it goes on', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const { all } = await aFewJobs(ctx)
  const reach = { firstJobs: 2, windowJobs: 2, windows: 1, indexMs: 1 }
  const page = await findJobs(ctx, { submittedBy: 'user:nobody' }, { limit: 5 }, reach)
  expect(page).toEqual({ ids: [], nextCursor: null })
  const rare = await findJobs(ctx, { submittedBy: 'token:tok_1', state: ['completed'] }, { limit: 5 }, reach)
  expect(rare).toEqual({ ids: [], nextCursor: all[1] })
})
