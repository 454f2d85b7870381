import { expect, test } from 'vitest'
import { z } from 'zod'
import { DomainError, Invalid, NotFound } from '../core/errors'
import { submissionSchema } from '../core/jobs/submission'
import { explain } from './failure'

const pgError = (code: string) => Object.assign(new Error('secret detail'), { code })

test('what was expected keeps its code, status and issues', () => {
  expect(explain(new NotFound('job', 'job_1'))).toEqual({
    ...{ status: 404, code: 'not_found', message: 'There is no job job_1.' },
  })
  expect(explain(new Invalid([{ path: 'a', message: 'b' }]))).toMatchObject({ status: 422, issues: [{ path: 'a' }] })
  expect(explain(new Error('wrapped', { cause: new DomainError('gone', 'x') }))).toMatchObject({ status: 410 })
})

test('a database that is away is 503 and says when to come back; every other error is 500 and says nothing', () => {
  const codes = ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '53300', '08006', '57014', '55P03', '40P01']
  for (const code of codes) expect(explain(pgError(code)), code).toMatchObject({ status: 503, retryAfterSeconds: 2 })
  expect(explain(new AggregateError([pgError('ECONNREFUSED')])).status).toBe(503)
  expect(explain(new Error('Connection terminated unexpectedly')).status).toBe(503)
  for (const error of [pgError('23505'), new TypeError('x is undefined'), 'text', undefined, null]) {
    const failure = explain(error)
    expect(failure).toMatchObject({ status: 500, code: 'internal' })
    expect(JSON.stringify(failure)).not.toContain('secret')
  }
})

test('what is over a limit of requests, or away, says when to come back; nothing else does', () => {
  for (const code of ['limit', 'unavailable'] as const)
    expect(explain(new DomainError(code, 'x')), code).toMatchObject({ retryAfterSeconds: 2 })
  expect(explain(new DomainError('conflict', 'x'))).not.toHaveProperty('retryAfterSeconds')
})

test('an issue names each unknown, missing or wrong field', () => {
  const result = submissionSchema.safeParse({ colour: 1, size: 2, env: { 'A=B': 'x' }, args: [1], timeoutSeconds: 0 })
  expect(explain(result.error).issues).toEqual([
    { path: 'args.0', message: expect.stringContaining('expected string') },
    { path: 'env.A=B', message: 'must be a name of letters, digits and _, without =' },
    { path: 'timeoutSeconds', message: 'must be at least 1 s' },
    { path: 'colour', message: 'is not a known field' },
    { path: 'size', message: 'is not a known field' },
  ])
  const inner = z.object({ a: z.strictObject({}) }).safeParse({ a: { b: 1 } })
  expect(explain(inner.error).issues).toEqual([{ path: 'a.b', message: 'is not a known field' }])
})
