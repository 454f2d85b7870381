import { expect, test } from 'vitest'
import { clientAddress } from './client-address'

test('an address is what the outermost proxy of ours saw, never what a sender wrote', () => {
  expect(clientAddress('10.0.0.9', 'evil, 192.0.2.7', 0)).toBe('10.0.0.9')
  expect(clientAddress('10.0.0.9', 'evil, 192.0.2.7', 1)).toBe('192.0.2.7')
  expect(clientAddress('10.0.0.9', 'evil, 192.0.2.7, 10.0.0.8', 2)).toBe('192.0.2.7')
  expect(clientAddress('10.0.0.9', undefined, 1)).toBe('10.0.0.9')
  expect(clientAddress('10.0.0.9', '192.0.2.7', 2)).toBe('10.0.0.9')
  expect(clientAddress(undefined, undefined, 0)).toBe('unknown')
})
