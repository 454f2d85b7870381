import { expect, test } from 'vitest'
import { answerHeaders, pagePolicy } from './answer-headers'

test('browsers are told to stay with https where people come by https, and only there', () => {
  expect(answerHeaders('https://stout.example')).toHaveProperty('strict-transport-security', 'max-age=31536000')
  expect(answerHeaders('http://localhost:3000')).not.toHaveProperty('strict-transport-security')
})

test('a page may run no inline script without its nonce, and load nothing from elsewhere but from the store', () => {
  const policy = pagePolicy({ storeOrigin: 'https://store.example' }, 'abc')
  const scripts = policy.split('; ').find((part) => part.startsWith('script-src'))
  expect(scripts).toBe("script-src 'self' 'nonce-abc'")
  expect(policy.match(/https?:\/\/[^ ;]+/g)).toEqual(Array(3).fill('https://store.example'))
})
