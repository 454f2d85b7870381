import { expect, test } from 'vitest'
import { cancelJob } from '../core/jobs/cancel-job'
import { aPass } from '../core/testing/fixtures'
import { aLab, countLines, eventually } from './testing/lab'
import { aProxy } from './testing/proxy'

/** A script that counts its starts in a file on the box. */
const counting = (file: string) => `open(${JSON.stringify(file)}, 'a').write('started\\n')\nprint('ran')`
const isStart = (head: string) => head.startsWith('POST /python ')
const isClaim = (head: string) => / \/box\/v1\/attempts\/\S+\/claim /.test(head.slice(0, 300))

test('the answer to the dispatch is lost after the box took it: the script starts once', async () => {
  await using lab = await aLab()
  let boxPort = 0
  await using proxy = await aProxy(() => boxPort)
  proxy.play('drop_answer', isStart)
  const box = await lab.addBox({ viaPort: proxy.port })
  boxPort = Number(new URL(box.url).port)
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: counting(file) })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(proxy.matched).toBeGreaterThan(0)
  expect(countLines(file)).toBe(1)
})

test('the dispatch arrives twice: the second supervisor is sent away and the script starts once', async () => {
  await using lab = await aLab()
  let boxPort = 0
  await using proxy = await aProxy(() => boxPort)
  proxy.play('repeat', isStart)
  const box = await lab.addBox({ viaPort: proxy.port })
  boxPort = Number(new URL(box.url).port)
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: `import time\n${counting(file)}\ntime.sleep(1)` })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(countLines(file)).toBe(1)
})

test('the answer to the claim is lost: the same supervisor asks again and the script starts once', async () => {
  let workerPort = 0
  await using proxy = await aProxy(() => workerPort)
  await using lab = await aLab({}, { boxUrl: `http://127.0.0.1:${proxy.port}` })
  workerPort = lab.workerPort
  let dropped = 0
  proxy.play('cut_at_answer', (head) => isClaim(head) && dropped++ === 0)
  await lab.addBox()
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: counting(file) })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(dropped).toBeGreaterThan(1)
  expect(countLines(file)).toBe(1)
})

test('cancelled between dispatch and claim: the supervisor is sent away, nothing starts, the box is free', async () => {
  let workerPort = 0
  await using proxy = await aProxy(() => workerPort)
  await using lab = await aLab({}, { boxUrl: `http://127.0.0.1:${proxy.port}` })
  workerPort = lab.workerPort
  proxy.play('hold', isClaim)
  await lab.addBox()
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: counting(file) })
  await eventually('a supervisor wants to claim', () => proxy.matched > 0)
  await cancelJob(lab.ctx, id, 'changed my mind')
  expect(await lab.until(id)).toMatchObject({ state: 'cancelled' })
  proxy.release()
  expect(await lab.until(await lab.submit({ script: 'print(1)' }))).toMatchObject({ state: 'completed' })
  expect(countLines(file)).toBe(0)
})

test('the worker is stopped between dispatch and claim, the job is placed anew, the worker comes back: one start', async () => {
  const limits = { DISPATCH_LIMIT_SECONDS: '3', BOX_REST_SECONDS: '0.2' }
  let workerPort = 0
  await using proxy = await aProxy(() => workerPort)
  await using lab = await aLab(limits, { boxUrl: `http://127.0.0.1:${proxy.port}` })
  workerPort = lab.workerPort
  proxy.play('hold', isClaim)
  await lab.addBox()
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: counting(file) })
  await eventually('a supervisor wants to claim', () => proxy.matched > 0)
  process.kill(lab.worker.pid, 'SIGSTOP')
  const port = String(10_000 + Math.floor(Math.random() * 20_000))
  await lab.startWorker({ ...limits, STOUT_WORKER_PORT: port, STOUT_BOX_URL: `http://127.0.0.1:${port}` })
  proxy.release() // the first claim now waits in the stopped worker
  const job = await lab.until(id)
  process.kill(lab.worker.pid, 'SIGCONT')
  expect(job).toMatchObject({ state: 'completed', attempt: 2 })
  expect(await lab.attempt(id, 1)).toMatchObject({ closedBy: 'fenced', nonce: null })
  expect(await lab.until(await lab.submit({ script: 'print(1)' }))).toMatchObject({ state: 'completed' })
  expect(countLines(file)).toBe(1)
})

test('whoever placed a job was killed before it dispatched, and every wake-up is lost: the next worker dispatches it', async () => {
  await using lab = await aLab()
  await lab.addBox()
  await lab.until(await lab.submit({ script: 'print("the box is known")' }))
  process.kill(lab.worker.pid, 'SIGKILL')
  const file = `${lab.dir}/starts`
  const id = await lab.submit({ script: counting(file) })
  await eventually('it is placed', async () => {
    await aPass(lab.ctx)
    return (await lab.job(id)).state === 'dispatching'
  })
  await lab.ctx.db.deleteFrom('outbox').execute() // every event was sent on, and what followed from it was lost
  await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(countLines(file)).toBe(1)
})
