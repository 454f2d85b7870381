import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { mintClaimToken } from '../core/attempts/tokens'
import { keepBundle } from '../core/bundles/keep-bundle'
import { stageBundle } from '../core/bundles/stage-bundle'
import { aBox, IDENTITY } from '../core/testing/fixtures'
import { aZip } from '../core/testing/zips'
import { aLab, type Lab } from './testing/lab'

async function upload(lab: Lab, zip: Buffer): Promise<string> {
  const pieces = (async function* () {
    yield zip
  })()
  return (await keepBundle(lab.ctx, await stageBundle(lab.ctx, pieces))).sha256
}

test('a job runs from a zip with packages and data, and gets the arguments and secrets of its submission', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const zip = await aZip({
    'main.py': 'import os, sys\nfrom bench import limits\nprint(limits.text(), sys.argv[1], len(os.environ["PIN"]))',
    'bench/__init__.py': '',
    'bench/limits.py': 'import pathlib\ndef text(): return pathlib.Path("data/limits.txt").read_text()',
    'data/limits.txt': '3.3 V',
  })
  const id = await lab.submit({ bundle: await upload(lab, zip), args: ['a'], secrets: { PIN: 'hunter2!' } })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', exitCode: 0 })
  expect((await lab.lines(id)).map((line) => line.text)).toEqual(['3.3 V a 8'])
  expect(await lab.ctx.db.selectFrom('jobSecrets').selectAll().execute()).toEqual([])
})

test('a large bundle comes by a URL of the store, good for an hour and for nothing else; asked again, by a fresh one', async () => {
  await using lab = await aLab()
  await using silent = await aSilentBox(lab)
  const zip = await aZip({ 'run.py': 'print(1)', 'noise.bin': randomBytes(1_500_000) }, { compress: false })
  const artifacts = { globs: ['out/*.bin'], lagerOutput: true }
  const jobId = await lab.submit({ bundle: await upload(lab, zip), entry: 'run.py', artifacts })
  await lab.until(jobId, 'dispatching')
  const claim = async () => {
    const response = await fetch(`http://127.0.0.1:${lab.workerPort}/box/v1/attempts/${jobId}/1/claim`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mintClaimToken(lab.ctx.keys, { jobId, attempt: 1 })}` },
      body: JSON.stringify({
        nonce: 'a'.repeat(32),
        supervisorVersion: 1,
        sentAt: new Date(),
        identity: silent.identity,
      }),
    })
    expect(response.status).toBe(200)
    return (await response.json()) as Record<string, unknown> & { bundle: { url: string } }
  }
  const sha256 = createHash('sha256').update(zip).digest('hex')
  const first = await claim()
  expect(first).toMatchObject({
    bundle: { kind: 'zip', sha256, sizeBytes: zip.length, url: expect.stringContaining('X-Amz-Expires=3600') },
    ...{ entry: 'run.py', cacheKey: lab.ctx.orgId, secrets: {} },
    artifacts: { ...artifacts, maxFiles: 1_000, partBytes: 67_108_864, uploadSeconds: 900 },
  })
  expect(first).not.toHaveProperty('script')
  for (const { bundle } of [first, await claim()]) {
    const got = await fetch(bundle.url)
    expect([got.status, Buffer.from(await got.arrayBuffer()).equals(zip)]).toEqual([200, true])
  }
  const { url } = first.bundle
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(403)
  expect((await fetch(url.replace('X-Amz-Expires=3600', 'X-Amz-Expires=7200'))).status).toBe(403)
})

/** A box that takes connections and never answers: what is dispatched to it is neither refused nor claimed. */
async function aSilentBox({ ctx }: Lab) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const id = await aBox(ctx)
  const { port } = server.address() as AddressInfo
  await ctx.db.updateTable('boxes').set({ host: '127.0.0.1', pythonPort: port }).where('id', '=', id).execute()
  return {
    identity: IDENTITY,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
