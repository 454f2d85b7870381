import { expect, test } from 'vitest'
import { holding, isExpired, type Lock } from './lock'

test.each([
  [{}, 'user', null],
  [{ holder_type: 'user' }, 'user', null],
  [{ holder_type: 'ci' }, 'ci', 1800],
  [{ holder_type: 'anything at all' }, 'anything at all', 1800],
  [{ holder_type: '' }, 'ephemeral', 1800],
  [{ holder_type: null }, 'ephemeral', 1800],
  [{ holder_type: 7 }, 'ephemeral', 1800],
  [{ ttl_seconds: 60 }, 'ephemeral', 60],
  [{ ttl_seconds: '60' }, 'ephemeral', 60],
  [{ ttl_seconds: 0 }, 'ephemeral', 1],
  [{ ttl_seconds: -5 }, 'ephemeral', 1],
  [{ ttl_seconds: 1.9 }, 'ephemeral', 1],
  [{ ttl_seconds: null }, 'ephemeral', null],
  [{ ttl_seconds: 'none' }, 'ephemeral', null],
  [{ ttl_seconds: 'NULL' }, 'ephemeral', null],
  [{ ttl_seconds: '' }, 'ephemeral', null],
  [{ ttl_seconds: 'soon' }, 'ephemeral', 1800],
  [{ ttl_seconds: {} }, 'ephemeral', 1800],
  [{ holder_type: 'user', ttl_seconds: 5 }, 'user', 5],
])('%j holds as %s for %s seconds', (request, holder_type, ttl_seconds) => {
  expect(holding(request)).toEqual({ holder_type, ttl_seconds })
})

test('a lock runs out when more than its time to live has passed since the last heartbeat', () => {
  const lock: Lock = {
    locked: true,
    user: 'ada',
    holder_type: 'ci',
    locked_at: '2026-01-01T00:00:00Z',
    last_heartbeat: '2026-01-01T00:10:00Z',
    ttl_seconds: 60,
  }
  expect(isExpired(lock, new Date('2026-01-01T00:11:00.000Z'))).toBe(false)
  expect(isExpired(lock, new Date('2026-01-01T00:11:00.001Z'))).toBe(true)
  expect(isExpired({ ...lock, ttl_seconds: null }, new Date('2036-01-01T00:00:00Z'))).toBe(false)
})
