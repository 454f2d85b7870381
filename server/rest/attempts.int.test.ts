import { expect, test } from 'vitest'
import { finishAttempt } from '../../core/attempts/finish-attempt'
import { recordExit } from '../../core/attempts/record-exit'
import { aBox, aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

test('the attempts of a job say where they ran and how they ended', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const boxId = await aBox(ctx, { name: 'bench' })
  const attemptsOf = async (id: string) => (await ask(s.url, `/jobs/${id}/attempts`, { bearer })).json
  const job = await aJob(ctx, { state: 'running' })
  expect(await attemptsOf(job.id)).toMatchObject({
    items: [
      {
        attempt: 1,
        boxId,
        boxName: 'bench',
        phase: 'claimed',
        endedBy: null,
        exitedAt: null,
        ranOn: { hostname: 'bench', pythonVersion: '3.11.2' },
      },
    ],
  })
  const ref = { jobId: job.id, attempt: 1 }
  await recordExit(s.db, ref, { exitCode: 3, signal: null, endedBy: 'script', durationMs: 5 })
  await finishAttempt(s.db, ref, 0, [])
  expect(await attemptsOf(job.id)).toMatchObject({
    items: [{ phase: 'closed', endedBy: 'script', exitCode: 3, closedBy: 'done', closedAt: expect.any(String) }],
  })
  expect(await attemptsOf((await aJob(ctx)).id)).toEqual({ items: [], nextCursor: null })
  const stranger = await aMember(s.web)
  expect(await ask(s.url, `/jobs/${job.id}/attempts`, { bearer: stranger.bearer })).toMatchObject({ status: 404 })
})
