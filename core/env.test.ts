import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadEnv, SETTINGS } from './env'

const needed = {
  DATABASE_URL: 'postgres://stout:x@localhost:5432/stout',
  STOUT_URL: 'http://localhost:3000',
  STOUT_BOX_URL: 'http://localhost:3001',
  STOUT_SECRET: 'x'.repeat(32),
}

test('docs/configuration.md describes each setting', () => {
  const described = [...readFileSync('docs/configuration.md', 'utf8').matchAll(/^\| (`.*?) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)])
    .map(([, name]) => name)
  expect(SETTINGS.filter((name) => !described.includes(name))).toEqual([])
})

test('an empty variable counts as not set, and each bad one is named without its value', () => {
  expect(loadEnv({ ...needed, REDIS_URL: '', STOUT_PROXIES: '' })).toMatchObject({ STOUT_PROXIES: 0 })
  const wrong = { ...needed, STOUT_SECRET: 'short and secret', REDIS_URL: 'http://hidden' }
  expect(() => loadEnv(wrong)).toThrow(
    /^Bad environment:\n {2}REDIS_URL: .*\n {2}STOUT_SECRET: needs at least 32 characters$/,
  )
})
