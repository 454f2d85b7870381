import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { checkSession, createSession } from '../../core/access/sessions'
import { aBox } from '../../core/testing/fixtures'
import { aMember, aServer } from '../testing/fixtures'
import type { AppRouter } from './router'

const clientOf = (url: string, headers: Record<string, string>) =>
  createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: `${url}/api/trpc`, headers })] })

test('pages and tools call the same verbs by tRPC, with a cookie from our pages or with a token', async () => {
  await using s = await aServer()
  const { ctx, bearer, cookie, userId } = await aMember(s.web)
  await aBox(ctx, { name: 'bench' })
  const page = clientOf(s.url, { cookie, 'sec-fetch-site': 'same-origin' })
  const job = await page.jobs.submit.mutate({ script: 'print(1)' })
  const tool = clientOf(s.url, { authorization: bearer })
  const [me, same, boxes] = await Promise.all([
    page.account.me.query(),
    tool.jobs.get.query({ jobId: job.id }),
    page.boxes.list.query({}),
  ])
  expect(me).toMatchObject({ user: { id: userId }, organisation: { name: 'Test lab' }, role: 'owner' })
  expect(same).toEqual(job)
  expect(job.submittedBy).toBe(`user:${userId}`)
  expect(boxes.items.map((box) => box.name)).toEqual(['bench'])
})

test('errors carry code, issues and request id, and no details of ours', async () => {
  await using s = await aServer()
  const { cookie, bearer } = await aMember(s.web)
  const failureOf = async (work: Promise<unknown>) => {
    const error = await work.catch((thrown: unknown) => thrown)
    if (!(error instanceof TRPCClientError)) throw error
    return { message: error.message, ...error.data }
  }
  const tool = clientOf(s.url, { authorization: bearer, 'x-request-id': 'r-1' })
  expect(await failureOf(tool.jobs.submit.mutate({ script: 'x', timeoutSeconds: 0 }))).toMatchObject({
    ...{ code: 'bad_request', httpStatus: 400, requestId: 'r-1' },
    issues: [{ path: 'timeoutSeconds', message: 'must be at least 1 s' }],
  })
  expect(await failureOf(tool.jobs.submit.mutate({ script: 'x', target: { box: 'b' } }))).toMatchObject({
    ...{ code: 'invalid', httpStatus: 422, issues: [{ path: 'target.box' }] },
  })
  expect(await failureOf(tool.jobs.get.query({ jobId: 'job_nothing' }))).toMatchObject({ code: 'not_found' })
  const foreign = clientOf(s.url, { cookie, origin: 'https://elsewhere.test' })
  expect(await failureOf(foreign.jobs.submit.mutate({ script: 'x' }))).toMatchObject({ code: 'forbidden' })
  const nobody = clientOf(s.url, {})
  expect(await failureOf(nobody.jobs.list.query({}))).toMatchObject({ code: 'unauthenticated', httpStatus: 401 })
  await s.web.db.destroy()
  const broken = await failureOf(tool.jobs.list.query({}))
  expect(JSON.stringify(broken)).not.toMatch(/driver|stack|destroyed/)
})

test('everybody sees where they are signed in, and ends their own sessions and nobody else’s', async () => {
  await using s = await aServer()
  const [ada, eve] = [await aMember(s.web), await aMember(s.web)]
  const { userId, ctx } = ada
  const elsewhere = await createSession(s.db, { userId, orgId: ctx.orgId, userAgent: 'phone' })
  const third = await createSession(s.db, { userId, orgId: ctx.orgId, userAgent: 'tablet' })
  const { account } = clientOf(s.url, { cookie: ada.cookie, 'sec-fetch-site': 'same-origin' })
  const listed = async () =>
    (await account.sessions.query())
      .map(({ userAgent, current }) => ({ userAgent, current }))
      .sort((a, b) => (a.userAgent < b.userAgent ? -1 : 1))
  const own = { userAgent: 'vitest', current: true }
  const phone = { userAgent: 'phone', current: false }
  expect(await listed()).toEqual([phone, { userAgent: 'tablet', current: false }, own])
  await expect(account.revokeSession.mutate({ sessionId: eve.sessionId })).rejects.toMatchObject({
    data: { code: 'not_found' },
  })
  await account.revokeSession.mutate({ sessionId: third })
  expect(await checkSession(s.db, third)).toBeUndefined()
  expect(await listed()).toEqual([phone, own])
  expect(await account.revokeOtherSessions.mutate()).toEqual({ ended: 1 })
  expect(await checkSession(s.db, elsewhere)).toBeUndefined()
  expect(await listed()).toEqual([own])
  expect(await checkSession(s.db, eve.sessionId)).toBeDefined()
})
