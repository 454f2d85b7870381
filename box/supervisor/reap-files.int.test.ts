import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Keeping, keepingThroughProxy } from './testing/keeping'
import { until } from './testing/processes'
import { kill, reap } from './testing/reap'

/** Leaves three files, of which the store takes the first and holds the others. */
async function startUploading(): Promise<Keeping> {
  const script = 'for name in ("a", "b", "c"): open(name, "w").write(name * 10)\nos.mkfifo("fifo")'
  const kept = await keepingThroughProxy(script)
  let connections = 0
  kept.proxy.play('hold', () => ++connections > 1)
  await kept.attempt.launch()
  await until('the first file', () => kept.desk.uploaded.length === 1 && kept.proxy.matched === 2)
  return kept
}

test('of a supervisor that was killed while it uploaded, every file that is lost is named, and no other', async () => {
  const { attempt, desk, collector } = await startUploading()
  await until('it is written down', async () => {
    return (await readFile(join((await attempt.directory()) ?? '', 'artifacts.jsonl'), 'utf8')).includes('settled')
  })
  await kill(attempt, 'stout-super')
  collector.mischief = (path) => (path === '/skipped' ? 503 : undefined)
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', told: false })
  collector.mischief = () => undefined
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', quiet: true, told: true })
  expect(desk.uploaded.length).toBe(1)
  const lost = {
    source: 'artifacts',
    sizeBytes: 10,
    state: 'failed',
    why: 'its supervisor was killed before it was uploaded',
  }
  const names = ['a', 'b', 'c'].filter((name) => !desk.paths.includes(name))
  expect(desk.unsent.filter(({ path }) => path !== 'fifo')).toEqual(names.map((path) => ({ path, ...lost })))
  expect(desk.unsent.find(({ path }) => path === 'fifo')).toMatchObject({ state: 'skipped', why: 'it is a FIFO' })
  expect(await readdir(attempt.tmp)).toEqual([])
})

test('of a supervisor that was killed before it looked for files, at least their number and size are told', async () => {
  const { attempt, desk } = await startUploading()
  await kill(attempt, 'stout-super')
  await rm(join((await attempt.directory()) ?? '', 'artifacts.jsonl'))
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', told: true })
  expect(desk.unsent.find(({ path }) => path.startsWith('('))).toEqual({
    path: '(4 files)',
    source: 'artifacts',
    sizeBytes: 30,
    state: 'failed',
    why: 'its supervisor was killed before they were uploaded',
  })
})
