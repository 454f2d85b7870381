import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { get, json, post, type RawReply } from './testing/client'

let box: TestBox
beforeEach(async () => {
  box = await testBox()
})
afterEach(async () => await box[Symbol.asyncDispose]())

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const lockOf = (user: unknown, holder_type: string, ttl_seconds: number | null) => ({
  locked: true,
  user,
  holder_type,
  ttl_seconds,
  locked_at: expect.stringMatching(INSTANT),
  last_heartbeat: expect.stringMatching(INSTANT),
})
const said = (reply: RawReply) => [reply.status, json(reply)]

describe.each(['pythonUrl', 'httpUrl'] as const)('on %s', (port) => {
  const busy = port === 'pythonUrl' ? { busy: false } : {}
  const send = async (path: string, body: unknown) => said(await post(box[port], path, body))

  test('a free box says so', async () => {
    expect(said(await get(box[port], '/lock'))).toEqual([200, { locked: false, ...busy }])
  })

  test('taking it: the lock, and nobody before; it is shown from then on', async () => {
    const lock = lockOf('ada', 'ephemeral', 60)
    expect(await send('/lock', { user: 'ada', ttl_seconds: 60 })).toEqual([200, { ...lock, previous_user: null }])
    expect(said(await get(box[port], '/lock'))).toEqual([200, { ...lock, ...busy }])
  })

  test('another one is turned away with the holder, own ones refresh', async () => {
    await send('/lock', { user: 'ada', holder_type: 'ci', ttl_seconds: 60 })
    const held = { error: 'Box is locked by ada', lock: lockOf('ada', 'ci', 60) }
    expect(await send('/lock', { user: 'bob' })).toEqual([409, held])
    expect(await send('/lock', { user: 'ada', holder_type: 'other' })).toEqual([
      200,
      { ...lockOf('ada', 'other', 1800), previous_user: 'ada' },
    ])
  })

  test('a reservation keeps its type and duration through a refresh', async () => {
    await send('/lock', { user: 'ada' })
    expect(await send('/lock', { user: 'ada', holder_type: 'ci', ttl_seconds: 5 })).toEqual([
      200,
      { ...lockOf('ada', 'user', null), previous_user: 'ada' },
    ])
  })

  test('heartbeat: the holder only', async () => {
    expect(await send('/lock/heartbeat', { user: 'ada' })).toEqual([404, { error: 'Box is not locked' }])
    await send('/lock', { user: 'ada' })
    expect(await send('/lock/heartbeat', { user: 'ada' })).toEqual([200, lockOf('ada', 'user', null)])
    expect(await send('/lock/heartbeat', { user: 'bob' })).toEqual([
      403,
      { error: 'Box is locked by ada', lock: lockOf('ada', 'user', null) },
    ])
  })

  test('unlocking: the holder, or anyone by force', async () => {
    expect(await send('/unlock', { user: 'ada' })).toEqual([200, { locked: false, message: 'Box is already unlocked' }])
    await send('/lock', { user: 'ada' })
    expect(await send('/unlock', { user: 'bob' })).toEqual([
      403,
      { error: 'Box is locked by ada', lock: lockOf('ada', 'user', null) },
    ])
    expect(await send('/unlock', { user: 'ada' })).toEqual([200, { locked: false, message: 'Box unlocked' }])
    await send('/lock', { user: 'ada' })
    expect(await send('/unlock', { user: 'bob', force: true })).toEqual([
      200,
      { locked: false, message: 'Box unlocked' },
    ])
  })

  test.each(['/lock', '/lock/heartbeat', '/unlock'])('%s needs a user and a JSON object', async (path) => {
    expect(await send(path, {})).toEqual([400, { error: 'user is required' }])
    expect(await send(path, { user: '' })).toEqual([400, { error: 'user is required' }])
    expect(await send(path, [])).toEqual([400, { error: 'Expected a JSON object' }])
    expect(await send(path, '"text"')).toEqual([400, { error: 'Expected a JSON object' }])
    expect(await send(path, '{')).toEqual([400, { error: port === 'pythonUrl' ? 'Invalid JSON' : 'user is required' }])
  })

  test('users are compared as values, whatever their type', async () => {
    await send('/lock', { user: { name: 'ada' } })
    expect(await send('/lock/heartbeat', { user: { name: 'ada' } })).toEqual([
      200,
      lockOf({ name: 'ada' }, 'user', null),
    ])
    expect((await send('/lock/heartbeat', { user: 7 }))[0]).toBe(403)
  })
})

test('both ports hold the same lock', async () => {
  await post(box.httpUrl, '/lock', { user: 'ada' })
  expect(said(await post(box.pythonUrl, '/lock', { user: 'bob' }))[0]).toBe(409)
  await post(box.pythonUrl, '/unlock', { user: 'ada' })
  expect(said(await get(box.httpUrl, '/lock'))).toEqual([200, { locked: false }])
})

test('a lock that ran out vanishes when somebody asks', async () => {
  await post(box.httpUrl, '/lock', { user: 'ada', ttl_seconds: 60 })
  const file = join(box.stateRoot, 'lock.json')
  const lock = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...lock, last_heartbeat: '2020-01-01T00:00:00Z' }))
  expect(said(await get(box.httpUrl, '/lock'))).toEqual([200, { locked: false }])
  expect(said(await post(box.httpUrl, '/lock/heartbeat', { user: 'ada' }))).toEqual([
    404,
    { error: 'Box is not locked' },
  ])
})

test('a lock file that cannot be read is no lock', async () => {
  await writeFile(join(box.stateRoot, 'lock.json'), 'torn')
  expect(said(await post(box.httpUrl, '/lock', { user: 'ada' }))[0]).toBe(200)
})

test('the lock outlives a restart of the runtime', async () => {
  await post(box.pythonUrl, '/lock', { user: 'ada' })
  await box.close()
  await using again = await testBox({ stateRoot: box.stateRoot })
  expect(said(await get(again.pythonUrl, '/lock'))).toEqual([200, { ...lockOf('ada', 'user', null), busy: false }])
})
