import { expect, test } from 'vitest'
import { mayReadMetrics, wasForwarded } from './metrics-door'

const none = { authorization: null, forwarded: false }

test.each([
  ['127.0.0.1', true],
  ['127.8.1.4', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.0.2.1', false],
  ['::ffff:192.0.2.1', false],
  ['127.0.0.1.example.com', false],
  ['', false],
])('without a token, %s may read metrics: %s', (peer, may) => {
  expect(mayReadMetrics(undefined, { ...none, peer })).toBe(may)
})

test('what a proxy on this machine passed on is not of this machine', () => {
  expect(mayReadMetrics(undefined, { ...none, peer: '127.0.0.1', forwarded: true })).toBe(false)
  expect(wasForwarded({ host: 'x', 'x-forwarded-for': '192.0.2.1' })).toBe(true)
  expect(wasForwarded({ host: 'x' })).toBe(false)
})

test('where a token is set it counts, and nothing else', () => {
  const peer = '127.0.0.1'
  expect(mayReadMetrics('secret', { ...none, peer })).toBe(false)
  expect(mayReadMetrics('secret', { ...none, peer, authorization: 'Bearer other' })).toBe(false)
  expect(mayReadMetrics('secret', { peer: '192.0.2.1', forwarded: true, authorization: 'Bearer secret' })).toBe(true)
})
