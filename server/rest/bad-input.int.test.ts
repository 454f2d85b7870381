import { expect, test } from 'vitest'
import { aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

const SCRIPT = { script: 'print(1)' }
const BAD_SUBMISSIONS: [string, unknown, number, string][] = [
  ['an unknown field', { ...SCRIPT, colour: 'red' }, 400, 'colour'],
  ['a field of the target', { ...SCRIPT, target: { box: 'a', any: true } }, 400, 'target'],
  ['no script', { name: 'x' }, 400, 'script'],
  ['a script that is a number', { script: 5 }, 400, 'script'],
  ['a script that is null', { script: null }, 400, 'script'],
  ['an empty script', { script: '' }, 400, 'script'],
  ['a script with NUL', { script: 'print("\0")' }, 400, 'script'],
  ['a timeout as text', { ...SCRIPT, timeoutSeconds: '60' }, 400, 'timeoutSeconds'],
  ['a timeout of true', { ...SCRIPT, timeoutSeconds: true }, 400, 'timeoutSeconds'],
  ['a timeout of 0', { ...SCRIPT, timeoutSeconds: 0 }, 400, 'timeoutSeconds'],
  ['a timeout of -1', { ...SCRIPT, timeoutSeconds: -1 }, 400, 'timeoutSeconds'],
  ['a timeout of 10⁹', { ...SCRIPT, timeoutSeconds: 1e9 }, 400, 'timeoutSeconds'],
  ['a timeout of 1.5', { ...SCRIPT, timeoutSeconds: 1.5 }, 400, 'timeoutSeconds'],
  ['a queue limit of 10⁹', { ...SCRIPT, queueTimeoutSeconds: 1e9 }, 400, 'queueTimeoutSeconds'],
  ['a grace of 61', { ...SCRIPT, graceSeconds: 61 }, 400, 'graceSeconds'],
  ['a name of 10 000 characters', { ...SCRIPT, name: 'x'.repeat(10_000) }, 400, 'name'],
  ['a lone surrogate', { ...SCRIPT, name: '\ud800' }, 400, 'name'],
  ['an env key with =', { ...SCRIPT, env: { 'A=B': 'c' } }, 400, 'env.A=B'],
  ['a reserved env key', { ...SCRIPT, env: { STOUT_JOB_ID: 'x' } }, 400, 'env.STOUT_JOB_ID'],
  ['an env of 70 000 bytes', { ...SCRIPT, env: { A: 'x'.repeat(70_000) } }, 400, 'env'],
  ['a requirement that says nothing', { ...SCRIPT, requires: ['what'] }, 400, 'requires.0'],
  ['args that are no list', { ...SCRIPT, args: 'a b' }, 400, 'args'],
  ['a script over 1 MB', { script: `#${'x'.repeat(1_000_000)}` }, 413, 'script'],
  ['a body over 2 MB', { script: `#${'x'.repeat(2_000_000)}` }, 413, ''],
  ['script and bundle', { ...SCRIPT, bundle: '0'.repeat(64) }, 400, 'script'],
  ['a bundle that is no hash', { bundle: 'x' }, 400, 'bundle'],
  ['an entry that leads out', { bundle: '0'.repeat(64), entry: '../main.py' }, 400, 'entry'],
  ['an entry beside a script', { ...SCRIPT, entry: 'run.py' }, 400, 'entry'],
  ['a pattern that leads out', { ...SCRIPT, artifacts: { globs: ['/etc/*'] } }, 400, 'artifacts.globs.0'],
  ['a bundle that nobody uploaded', { bundle: '0'.repeat(64) }, 422, 'bundle'],
  ['an unknown box', { ...SCRIPT, target: { box: 'nowhere' } }, 422, 'target.box'],
  ['an unknown group', { ...SCRIPT, target: { group: 'nobody' } }, 422, 'target.group'],
  ['a list', [1], 400, ''],
  ['text that is no JSON', '{"script":', 400, ''],
  ['nothing', '', 400, 'script'],
]

test('a bad submission names its field and makes no job', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const [what, body, status, path] of BAD_SUBMISSIONS) {
    const answer = await ask(s.url, '/jobs', { bearer, body })
    expect([what, answer.status, answer.json.code]).toEqual([
      what,
      status,
      { 400: 'bad_request', 413: 'too_large', 422: 'invalid' }[status],
    ])
    expect(answer.json.message, what).not.toBe('')
    const paths = (answer.json.issues ?? []).map((issue: { path: string }) => issue.path)
    expect(paths, what).toEqual(path ? [path] : [])
  }
  const limits = await ask(s.url, '/jobs', { bearer, body: { ...SCRIPT, timeoutSeconds: 1e9, name: '' } })
  expect(limits.json.issues).toEqual([
    { path: 'name', message: 'must not be empty' },
    { path: 'timeoutSeconds', message: 'must be at most 604800 s' },
  ])
  expect(await s.db.selectFrom('jobs').selectAll().execute()).toEqual([])
})

test('a body of unknown length is cut off at the limit, and a declared one is not read', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 64_000
      if (pulled < 50_000_000) controller.enqueue(Buffer.alloc(64_000, ' '))
      else controller.close()
    },
  })
  const headers = { authorization: bearer, 'content-type': 'application/json' }
  const response = await fetch(`${s.url}/api/v1/jobs`, {
    method: 'POST',
    headers,
    body: endless,
    duplex: 'half',
  } as object)
  expect(response.status).toBe(413)
  expect(pulled).toBeLessThan(50_000_000)
})

test('other types than JSON are refused, also compressed JSON', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const type of ['text/plain', 'multipart/mixed; boundary=x', 'application/x-www-form-urlencoded']) {
    const answer = await ask(s.url, '/jobs', { bearer, body: '{}', headers: { 'content-type': type } })
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported'])
  }
  const packed = await ask(s.url, '/jobs', { bearer, body: '{}', headers: { 'content-encoding': 'gzip' } })
  expect(packed.status).toBe(415)
  const charset = { 'content-type': 'application/json; charset=utf-8' }
  expect((await ask(s.url, '/jobs', { bearer, body: SCRIPT, headers: charset })).status).toBe(201)
})

test('bad queries name their parameter', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const { id } = await aJob(ctx)
  const cases: [string, string][] = [
    ['/jobs?colour=red', 'colour'],
    ['/jobs?limit=0', 'limit'],
    ['/jobs?limit=201', 'limit'],
    ['/jobs?limit=many', 'limit'],
    ['/jobs?limit=1&limit=2', 'limit'],
    ['/jobs?cursor=x', 'cursor'],
    ['/jobs?state=dreaming', 'state.0'],
    ['/jobs?text=', 'text'],
    ['/jobs?text=a&text=b', 'text'],
    ['/jobs?text=a%00b', 'text'],
    ['/jobs?text=a+b+c+d+e+f+g+h+i+j+k', 'text'],
    ['/jobs?submittedBy=ada', 'submittedBy'],
    ['/jobs?boxId=bench', 'boxId'],
    ['/jobs?group=', 'group'],
    ['/jobs?label=a&label=', 'label.1'],
    ['/jobs?createdAfter=yesterday', 'createdAfter'],
    ['/jobs?createdAfter=2026-02-01T00:00:00Z&createdBefore=2026-01-01T00:00:00Z', 'createdBefore'],
    [`/jobs/${id}?x=1`, 'x'],
    [`/jobs/${id}/logs?from=-1`, 'from'],
    [`/jobs/${id}/logs?from=99999999999`, 'from'],
    [`/jobs/${id}/logs?limit=1001`, 'limit'],
    [`/jobs/${id}/logs/stream?follow=yes`, 'follow'],
    [`/jobs/${id}/logs/stream?lastEventId=1.x`, 'lastEventId'],
    [`/jobs/${id}/logs?from=`, 'from'],
    [`/jobs/${id}/logs?from=0x10`, 'from'],
    [`/jobs/${id}/logs/stream?attempt=1e0`, 'attempt'],
    [`/jobs/${id}/events?cursor=`, 'cursor'],
    [`/jobs/${id}/logs/stream?lastEventId=1.7`, 'Last-Event-ID'],
    [`/jobs/${id}/logs/raw?stream=stdin`, 'stream'],
    ['/boxes?cursor=%00', 'cursor'],
  ]
  for (const [path, field] of cases) {
    const answer = await ask(s.url, path, { bearer })
    expect([path, answer.status, answer.json.code]).toEqual([path, 400, 'bad_request'])
    expect(answer.json.issues?.map((issue: { path: string }) => issue.path)).toEqual([field])
  }
  const twice = await ask(s.url, `/jobs/${id}/cancel`, { bearer, body: { jobId: id } })
  expect([twice.status, twice.json.issues]).toEqual([400, [{ path: 'jobId', message: 'is not a known field' }]])
})
