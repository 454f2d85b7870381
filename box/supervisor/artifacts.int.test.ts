import { createHash } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { aStore } from '../../embedded/object-store/testing/store'
import { ArtifactDesk } from './testing/artifact-desk'
import { Attempt } from './testing/attempt'
import type { ArtifactOrder, Order } from './testing/collector'

const LIMITS: ArtifactOrder = {
  globs: [],
  lagerOutput: false,
  maxFiles: 1000,
  maxFileBytes: 5e9,
  maxTotalBytes: 2e10,
  partBytes: 64 << 20,
  uploadSeconds: 900,
}
const INTO_ARTIFACTS = 'import os, sys\nos.chdir(os.environ["STOUT_ARTIFACTS"])\n'

/** An attempt whose files go to a store of its own. */
async function keeping(script: string, artifacts: Partial<ArtifactOrder> = {}, order: Partial<Order> = {}) {
  const store = await aStore({ minPartBytes: 1024 })
  const desk = new ArtifactDesk(store)
  onTestFinished(async () => {
    desk.close()
    await store[Symbol.asyncDispose]()
  })
  const attempt = await Attempt.start(INTO_ARTIFACTS + script, {
    artifacts: { ...LIMITS, ...artifacts },
    launch: false,
    ...order,
  })
  attempt.collector.desk = desk
  desk.partBytes = artifacts.partBytes ?? LIMITS.partBytes
  return { attempt, desk, collector: attempt.collector }
}

test('files of all sorts arrive as they are, before done', async () => {
  const { attempt, desk, collector } = await keeping(
    [
      'os.makedirs("a/b/c"); os.mkdir("nothing")',
      'open("a/b/c/deep.txt", "w").write("deep")',
      'open("empty", "w")',
      'open("größe ☃ & %41+.txt", "w").write("odd")',
      'open("big.bin", "wb").write(bytes(range(256)) * 4096)',
    ].join('\n'),
  )
  await attempt.launch()
  await attempt.closed()
  expect(desk.paths).toEqual(['a/b/c/deep.txt', 'big.bin', 'empty', 'größe ☃ & %41+.txt'])
  expect(desk.unsent).toEqual([])
  expect(await desk.text('a/b/c/deep.txt')).toBe('deep')
  expect(await desk.text('empty')).toBe('')
  expect(await desk.text('größe ☃ & %41+.txt')).toBe('odd')
  const big = Buffer.concat(Array.from({ length: 4096 }, () => Buffer.from(Array.from({ length: 256 }, (_, i) => i))))
  expect(desk.kept.get('big.bin')).toMatchObject({ sizeBytes: big.length, source: 'artifacts' })
  expect(await desk.sha256('big.bin')).toBe(createHash('sha256').update(big).digest('hex'))
  const order = collector.requests.map(({ what }) => what).filter((what) => what !== 'POST /log')
  expect(order.indexOf('POST /exit')).toBeLessThan(order.indexOf('POST /uploads'))
  expect(order.at(-1)).toBe('POST /done')
})
