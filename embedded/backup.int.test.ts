import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { readLines } from '../core/logs/read-lines'
import { openStore } from '../core/store/store'
import { unpackedLogs } from '../core/testing/logs'
import { openDatabase } from '../db/client'
import { migrateToLatest } from '../db/migrate'
import { aLab, eventually } from '../worker/testing/lab'
import { startProgram } from '../worker/testing/processes'
import { letGo, waitFor } from '../worker/testing/wired-lab'
import { startPostgres } from './postgres'

const BUCKET = {
  S3_BUCKET: 'stout',
  S3_REGION: 'us-east-1',
  S3_ACCESS_KEY_ID: 'BACKUP',
  S3_SECRET_ACCESS_KEY: 'secret of the backup test',
}

/** As docs/operations.md says it: Postgres wants its folder with the rights that it gave it. */
const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to])

/** What `.stout/` holds of an installation: the folder of its Postgres and that of its object store. */
async function anInstallation() {
  const root = mkdtempSync(path.join(tmpdir(), 'stout-backup-'))
  const live = path.join(root, 'live')
  const postgres = { dataDir: path.join(live, 'postgres'), preferredPort: 0 }
  const { url } = await startPostgres(postgres)
  await migrateToLatest(url)
  return {
    url,
    /** Serves the objects of the folder on a port of its own. */
    async store() {
      const env = { ...BUCKET, STOUT_STORE_DIR: path.join(live, 'objects'), STOUT_STORE_PORT: '0' }
      const server = await startProgram('store', [], { ...env, S3_ENDPOINT: 'http://127.0.0.1:0' }, 'the store listens')
      const endpoint = `http://127.0.0.1:${server.ready.port}`
      return Object.assign(server, { env: { ...BUCKET, S3_ENDPOINT: endpoint, S3_PUBLIC_ENDPOINT: endpoint } })
    },
    startDatabase: () => startPostgres(postgres),
    stopDatabase: async () => (await startPostgres(postgres)).stop(),
    /** Only while nothing runs. */
    backUp: () => copy(live, path.join(root, 'copy')),
    restore() {
      rmSync(live, { recursive: true })
      copy(path.join(root, 'copy'), live)
    },
    async [Symbol.asyncDispose]() {
      await (await startPostgres(postgres)).stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

test('a copy that was taken while nothing ran gives back jobs, logs and artifacts', async () => {
  await using installation = await anInstallation()
  const script = 'import os\nprint("kept")\nopen(os.environ["STOUT_ARTIFACTS"] + "/a.bin", "wb").write(b"artifact")'
  const id = await (async () => {
    await using store = await installation.store()
    await using db = openDatabase(installation.url)
    await using lab = await aLab(store.env, { database: { db, url: installation.url } })
    await lab.addBox()
    const job = await lab.submit({ script })
    expect(await lab.until(job)).toMatchObject({ state: 'completed' })
    return job
  })()
  await installation.stopDatabase()
  installation.backUp()
  installation.restore()
  await installation.startDatabase()

  await using store = await installation.store()
  await using db = openDatabase(installation.url)
  const job = await db.selectFrom('jobs').select(['state', 'exitCode']).where('id', '=', id).executeTakeFirstOrThrow()
  expect(job).toEqual({ state: 'completed', exitCode: 0 })
  expect((await readLines(unpackedLogs(db), { jobId: id, attempt: 1 }, 1, 10)).map(({ text }) => text)).toEqual([
    'kept',
  ])
  const artifact = await db
    .selectFrom('artifacts')
    .select(['path', 'objectKey'])
    .where('jobId', '=', id)
    .executeTakeFirstOrThrow()
  const s3 = openStore(store.env)
  const object = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: artifact.objectKey ?? '' }))
  expect(await object.Body?.transformToString()).toBe('artifact')
  s3.close()
})

test('a database that comes back from an older state gets the lines again that it had acknowledged', {
  timeout: 240_000,
}, async () => {
  await using installation = await anInstallation()
  await using store = await installation.store()
  const database = { db: openDatabase(installation.url, { onError: () => undefined }), url: installation.url }
  await using lab = await aLab(store.env, { database })
  const box = await lab.addBox()
  const script = `print("before", flush=True)\n${waitFor('second')}print("between", flush=True)\n${waitFor('third')}print("after", flush=True)`
  const id = await lab.submit({ script, args: [box.stateRoot] })
  const texts = async () => (await lab.lines(id).catch(() => [])).map(({ text }) => text)
  await eventually('the first line', async () => (await texts()).includes('before'))

  await lab.worker[Symbol.asyncDispose]()
  await installation.stopDatabase()
  installation.backUp()
  await installation.startDatabase()
  const again = await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })
  letGo(box.stateRoot, 'second')
  await eventually('a line that the copy lacks is acknowledged', async () => (await texts()).includes('between'))

  await again[Symbol.asyncDispose]()
  await installation.stopDatabase()
  installation.restore()
  await installation.startDatabase()
  expect(await texts()).toEqual(['before'])
  await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })
  letGo(box.stateRoot, 'third')
  expect(await lab.until(id)).toMatchObject({ state: 'completed' })
  expect(await texts()).toEqual(['before', 'between', 'after'])
  await database.db.destroy()
})
