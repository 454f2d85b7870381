import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { wireBatch } from '../../core/testing/batches'
import { aClaim } from '../testing/claimed'
import { aLab } from '../testing/lab'

type Told = { status: number; code?: string; expected?: number; acked?: number }

test('batches that are sent again, out of order, cut off, with a gap or damaged: each line once, in order, or refused', async () => {
  await using lab = await aLab()
  const { id, token, supervisor } = await aClaim(lab)
  process.kill(supervisor, 'SIGSTOP') // it says nothing from here on
  const post = async (body: Buffer, headers: Record<string, string> = {}): Promise<Told> => {
    const url = `http://127.0.0.1:${lab.workerPort}/box/v1/attempts/${id}/1/log`
    const authorization = `Bearer ${token}`
    const answer = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { authorization, ...headers },
    })
    return { ...((await answer.json()) as object), status: answer.status }
  }
  const texts = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`)
  const batch = (first: number, last: number) => wireBatch(first, texts.slice(first - 1, last))

  expect(await post(batch(1, 3))).toMatchObject({ status: 200, acked: 3 })
  expect(await post(batch(1, 3)), 'again').toMatchObject({ status: 200, acked: 3 })
  expect(await post(batch(7, 9)), 'ahead of others').toMatchObject({ status: 409, code: 'log_gap', expected: 4 })
  expect(await post(batch(2, 6)), 'half of it again').toMatchObject({ status: 200, acked: 6 })
  expect(await post(batch(4, 5)), 'late').toMatchObject({ status: 200, acked: 6 })
  const [one, other] = await Promise.all([post(batch(7, 9)), post(batch(7, 10))])
  expect([one.status, other.status]).toEqual([200, 200])

  const whole = batch(11, 12)
  for (let size = 0; size < whole.length; size++) {
    expect(await post(whole.subarray(0, size)), `cut off after ${size} bytes`).toMatchObject({ status: 400 })
  }
  expect(await post(Buffer.concat([whole, Buffer.from('x')])), 'too long').toMatchObject({ status: 400 })
  const zipped = gzipSync(whole)
  const gzip = { 'content-encoding': 'gzip' }
  expect(await post(zipped.subarray(0, 20), gzip), 'cut off within gzip').toMatchObject({ status: 400 })
  expect(await post(wireBatch(11, ['not what is lost'], 2)), 'a gap that counts nothing').toMatchObject({ status: 400 })
  const damaged = Buffer.from(whole)
  damaged.writeBigInt64BE(-1n, 12)
  expect(await post(damaged), 'a time that no clock tells').toMatchObject({ status: 400 })
  expect(await post(batch(11, 12), { authorization: `Bearer ${token}x` })).toMatchObject({ status: 401 })

  expect(await post(zipped, gzip)).toMatchObject({ status: 200, acked: 12 })
  expect((await lab.lines(id)).map(({ n, text }) => [n, text])).toEqual(texts.map((text, i) => [i + 1, text]))
  process.kill(supervisor, 'SIGCONT')
})
