import { expect, test } from 'vitest'
import { TOKENS } from '../../core/access/guesses'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

test('unknown tokens are answered 429 after a while, by every process, and a good one goes on', async () => {
  await using s = await aServer()
  await using other = await aServer(s.databaseUrl)
  const member = await aMember(s.web)
  const guess = async (n: number) => await ask(n % 2 ? s.url : other.url, '/jobs', { bearer: `Bearer stout_guess${n}` })
  const statuses = []
  for (let n = 0; n < TOKENS.burst; n++) statuses.push((await guess(n)).status)
  expect(new Set(statuses)).toEqual(new Set([401]))
  await expect.poll(async () => (await Promise.all([1, 2, 3, 4].map(guess))).map(({ status }) => status)).toContain(429)
  const refused = (await Promise.all([1, 2, 3, 4, 5, 6].map(guess))).find(({ status }) => status === 429)
  expect(refused?.json.code).toBe('limit')
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask(s.url, '/jobs', { bearer: member.bearer })).status).toBe(200)
})
