import { expect, test } from 'vitest'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

const VALUE = 'hunter2-€-secret'
const SCRIPT = { script: 'print(1)' }

/** Bad submissions that a secret's value stands in. */
const BAD: [string, unknown, string][] = [
  ['a text', { ...SCRIPT, secrets: VALUE }, 'secrets'],
  ['a list', { ...SCRIPT, secrets: [VALUE] }, 'secrets'],
  ['values that are no texts', { ...SCRIPT, secrets: { PIN: { value: VALUE } } }, 'secrets.PIN'],
  ['NUL', { ...SCRIPT, secrets: { PIN: `${VALUE}\0` } }, 'secrets.PIN'],
  ['a lone surrogate', { ...SCRIPT, secrets: { PIN: `${VALUE}\ud800` } }, 'secrets.PIN'],
  ['a value that is too short to be masked', { ...SCRIPT, secrets: { PIN: 'abc' } }, 'secrets.PIN'],
  ['a reserved name', { ...SCRIPT, secrets: { STOUT_PIN: VALUE } }, 'secrets.STOUT_PIN'],
  ['a name that is none', { ...SCRIPT, secrets: { 'A=B': VALUE } }, 'secrets.A=B'],
  ['too much', { ...SCRIPT, secrets: { PIN: VALUE.repeat(5_000) } }, 'secrets'],
  ['a name that stands in env too', { ...SCRIPT, env: { PIN: 'x' }, secrets: { PIN: VALUE } }, 'secrets'],
  ['another field that is wrong', { ...SCRIPT, secrets: { PIN: VALUE }, timeoutSeconds: 0 }, 'timeoutSeconds'],
  ['JSON that breaks after the value', `{"script":"x","secrets":{"PIN":"${VALUE}"},}`, ''],
  ['JSON that breaks before the value', `{"script":"x","secrets":{"PIN":${VALUE}`, ''],
]

test('what is said of a bad submission names the field and never tells a value', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const [what, body, path] of BAD) {
    const rest = await ask(s.url, '/jobs', { bearer, body })
    expect([what, rest.status]).toEqual([what, 400])
    if (path) expect([what, rest.json.issues?.[0]?.path]).toEqual([what, path])
    const trpc = await fetch(`${s.url}/api/trpc/jobs.submit`, {
      method: 'POST',
      headers: { authorization: bearer, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    expect([what, trpc.status]).toEqual([what, 400])
    for (const text of [JSON.stringify(rest.json), await trpc.text()]) expect(text, what).not.toContain('hunter2')
  }
})

test('a job tells the names of its secrets, nobody their values, and they are forgotten when it is over', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const made = await ask(s.url, '/jobs', { bearer, body: { ...SCRIPT, secrets: { PIN: VALUE, KEY: `${VALUE}2` } } })
  expect([made.status, made.json.secretNames]).toEqual([201, ['KEY', 'PIN']])
  const { id } = made.json
  const sealed = await s.db.selectFrom('jobSecrets').selectAll().execute()
  expect(sealed).toEqual([{ jobId: id, sealed: expect.stringContaining(`${s.web.keys.id}.`) }])
  for (const path of [`/jobs/${id}`, '/jobs', `/jobs/${id}/events`]) {
    expect(JSON.stringify((await ask(s.url, path, { bearer })).json), path).not.toContain('hunter2')
  }
  await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })
  expect(await s.db.selectFrom('jobSecrets').selectAll().execute()).toEqual([])
  expect((await ask(s.url, `/jobs/${id}`, { bearer })).json.secretNames).toEqual(['KEY', 'PIN'])
})
