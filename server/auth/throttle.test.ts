import { expect, test } from 'vitest'
import { SignInThrottle } from './throttle'

test('tries for one e-mail come one after the other, a few may wait, and other e-mails wait for none of them', async () => {
  const throttle = new SignInThrottle(1)
  const order: string[] = []
  const first = Promise.withResolvers<undefined>()
  const one = throttle.try('ada@example.com', async () => {
    order.push('one')
    return await first.promise
  })
  const two = throttle.try(' ADA@example.com', async () => {
    order.push('two')
    return 'session'
  })
  expect(await throttle.try('eve@example.com', async () => 'other')).toBe('other')
  expect(order).toEqual(['one'])
  const waiting = Array.from({ length: 3 }, () => throttle.try('ada@example.com', async () => 'later'))
  expect(await throttle.try('ada@example.com', async () => 'too many')).toBeUndefined()
  first.resolve(undefined)
  expect([await one, await two, ...(await Promise.all(waiting))]).toEqual([
    ...[undefined, 'session', 'later', 'later', 'later'],
  ])
  expect(await throttle.try('ada@example.com', async () => 'again')).toBe('again')
})

test('a try that fails with an error holds up nobody', async () => {
  const throttle = new SignInThrottle(1)
  const broken = throttle.try('ada@example.com', async () => {
    throw new Error('no database')
  })
  const next = throttle.try('ada@example.com', async () => 'session')
  await expect(broken).rejects.toThrow('no database')
  expect(await next).toBe('session')
})
