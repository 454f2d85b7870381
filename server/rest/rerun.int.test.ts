import { expect, test } from 'vitest'
import { aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'
import { openApiDocument } from './openapi'

test('a rerun is answered 201 with its place; without a body it is the same job again, and the first one tells of it', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const { id } = await aJob(ctx, { name: 'soak', args: ['a'], env: { RATE: '9600' } })
  const path = `/jobs/${id}/rerun`
  const live = await ask(s.url, path, { bearer, method: 'POST' })
  expect([live.status, live.json.code, live.json.message]).toEqual([
    ...[409, 'conflict'],
    `Job ${id} is queued; it can be rerun once it is over. Cancel it first, or submit another job.`,
  ])
  await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })
  const made = await ask(s.url, path, { bearer, method: 'POST' })
  expect([made.status, made.headers.get('location')]).toEqual([201, `/api/v1/jobs/${made.json.id}`])
  expect(made.json).toMatchObject({ name: 'soak', args: ['a'], state: 'queued', rerunOf: id })
  const edited = await ask(s.url, path, { bearer, body: { name: 'soak 2', args: [] } })
  expect(edited.json).toMatchObject({ name: 'soak 2', args: [], rerunOf: id })
  const { json } = await ask(s.url, `/jobs/${id}/events`, { bearer })
  const told = json.items.filter(({ type }: { type: string }) => type === 'rerun')
  expect(told.map(({ data }: { data: { jobId: string } }) => data.jobId)).toEqual([made.json.id, edited.json.id])
  const submission = await ask(s.url, `/jobs/${edited.json.id}/submission`, { bearer })
  expect([submission.status, submission.json]).toMatchObject([
    200,
    { name: 'soak 2', script: 'print(1)', args: [], env: { RATE: '9600' }, secretNames: [], target: { any: true } },
  ])
})

const VALUE = 'hunter2-€-secret'
const BAD: [string, unknown, number, string][] = [
  ['an unknown field', { colour: 'red' }, 400, 'colour'],
  ['a limit that is passed', { timeoutSeconds: 0 }, 400, 'timeoutSeconds'],
  ['null for what is no secret', { name: null }, 400, 'name'],
  ['a secret that is too short', { secrets: { PIN: 'abc' } }, 400, 'secrets.PIN'],
  ['a secret that is left out', {}, 422, 'secrets.PIN'],
  ['a secret with a reserved name', { secrets: { PIN: null, LAGER_X: VALUE } }, 400, 'secrets.LAGER_X'],
  ['a secret that stands in env too', { env: { PIN: 'x' }, secrets: { PIN: VALUE } }, 422, 'secrets'],
]

test('what is wrong with a rerun is told at its field, without the value of a secret', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const { id } = await aJob(ctx, { secrets: { PIN: VALUE } })
  await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })
  for (const [what, body, status, field] of BAD) {
    const { json, ...answer } = await ask(s.url, `/jobs/${id}/rerun`, { bearer, body })
    expect([what, answer.status, json.issues[0].path]).toEqual([what, status, field])
    expect(JSON.stringify(json), what).not.toContain('hunter2')
  }
  const made = await ask(s.url, `/jobs/${id}/rerun`, { bearer, body: { secrets: { PIN: `${VALUE}2` } } })
  expect([made.status, made.json.secretNames]).toEqual([201, ['PIN']])
  expect(JSON.stringify(made.json)).not.toContain('hunter2')
})

type Body = {
  content: Record<'application/json', { schema: { properties: Record<string, object> } }>
  required: boolean
}

test('the document tells what a rerun takes: what a submission takes, without defaults', () => {
  const { paths } = openApiDocument() as unknown as {
    paths: Record<string, { post?: { responses: object; requestBody: Body } }>
  }
  const [rerun, submit] = [paths['/jobs/{jobId}/rerun']?.post, paths['/jobs']?.post]
  expect(Object.keys(rerun?.responses ?? {}).join(' ')).toBe('201 400 401 403 404 409 413 415 422 429 500 503')
  expect(rerun?.requestBody.required).toBe(false)
  const [changes, fields] = [rerun, submit].map((of) => of?.requestBody.content['application/json'].schema.properties)
  expect(Object.keys(changes ?? {}).sort()).toEqual(Object.keys(fields ?? {}).sort())
  const defaults = (of: object | undefined) => Object.values(of ?? {}).filter((field) => 'default' in field).length
  expect([defaults(changes), defaults(fields) > 5]).toEqual([0, true])
})
