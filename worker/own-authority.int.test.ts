import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testBox } from '../box/runtime/testing/box'
import { certificateFor, hasOpenssl } from '../box/supervisor/testing/certificates'
import { addBox } from '../core/boxes/add-box'
import { newBoxSchema } from '../core/boxes/box-fields'
import { getBox } from '../core/boxes/get-box'
import { probeBox } from '../core/boxes/probe-box'
import { aLab, eventually, type Lab } from './testing/lab'
import { aTlsFront } from './testing/tls-front'
import { killAll, processesOn } from './testing/wired-lab'

const tlsTest = test.skipIf(!hasOpenssl())
const UNTRUSTED = /SSLCertVerificationError: .*certificate verify failed.*set STOUT_BOX_CA/

/** A lab that boxes reach by https alone, with a certificate of an authority that only its file knows. */
async function aSecureLab(settings: (caFile: string) => Record<string, string>) {
  const stack = new AsyncDisposableStack()
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-authority-'))
  stack.defer(() => rmSync(dir, { recursive: true }))
  const certified = certificateFor('IP:127.0.0.1')
  const caFile = path.join(dir, 'ca.pem')
  writeFileSync(caFile, certified.ca)
  let workerPort = 0
  const front = stack.use(await aTlsFront(() => workerPort, certified))
  const lab = stack.use(await aLab(settings(caFile), { boxUrl: front.url }))
  workerPort = lab.workerPort
  return { lab, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function waitReasons({ ctx }: Lab) {
  const rows = await ctx.db.selectFrom('waitReasons').select('reasons').execute()
  return rows.flatMap(({ reasons }) => reasons)
}

tlsTest('boxes trust the authority that STOUT_BOX_CA names: the probe, jobs, and a reap', async () => {
  await using secure = await aSecureLab((STOUT_BOX_CA) => ({ STOUT_BOX_CA, ATTEMPT_SILENT_AFTER_SECONDS: '1.5' }))
  const { lab } = secure
  await using runtime = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const address = { name: 'bench-9', host: '127.0.0.1', pythonPort: runtime.pythonPort }
  const boxId = await addBox(lab.ctx, lab.fleet, newBoxSchema.parse(address))
  expect(await getBox(lab.ctx, boxId)).toMatchObject({ canCallBack: true, callBackDetail: null })

  const hello = await lab.submit({ script: 'for i in range(3): print("line", i)', target: { box: 'bench-9' } })
  expect(await lab.until(hello)).toMatchObject({ state: 'completed', exitCode: 0 })
  expect((await lab.lines(hello)).map(({ text }) => text)).toEqual(['line 0', 'line 1', 'line 2'])

  const box = await lab.addBox()
  const id = await lab.submit({ script: 'import time\nprint("up")\ntime.sleep(600)', target: { box: box.name } })
  await eventually('it runs', async () => (await lab.lines(id).catch(() => [])).length > 0)
  killAll((await processesOn(lab, box, id)).filter(({ comm }) => comm === 'stout-super'))
  expect(await lab.until(id)).toMatchObject({
    failureClass: 'box_lost',
    error: expect.stringMatching(/supervisor is gone/),
  })
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'reaped' }) // only a reap that reached us closes it so soon: its spool lies there
})

tlsTest('without it boxes do not call, jobs wait, and all of them name the certificate', async () => {
  await using secure = await aSecureLab(() => ({ DISPATCH_LIMIT_SECONDS: '2', BOX_INSPECT_SECONDS: '300' }))
  const { lab } = secure
  await using runtime = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const address = { host: '127.0.0.1', pythonPort: runtime.pythonPort, httpPort: 9000, token: null }
  const { checks } = await probeBox(lab.ctx, lab.fleet, address)
  expect(checks.find(({ code }) => code === 'no_call_back')?.text).toMatch(UNTRUSTED)

  const box = await lab.addBox()
  await eventually('the box was asked', async () => (await getBox(lab.ctx, box.id)).inspectedAt !== null)
  // as if the certificate had changed since
  await lab.ctx.db
    .updateTable('boxes')
    .set({ canCallBack: true, callBackDetail: null, nextInspectionAt: sql<Date>`now() + interval '1 hour'` })
    .where('id', '=', box.id)
    .execute()
  const id = await lab.submit({ script: 'print(1)', target: { box: box.name } })
  await eventually('the job waits', async () =>
    (await waitReasons(lab)).some(({ code }) => code === 'cannot_call_back'),
  )
  expect(await waitReasons(lab)).toMatchObject([{ boxes: [box.name], detail: expect.stringMatching(UNTRUSTED) }])
  expect(await lab.job(id)).toMatchObject({ state: 'waiting_for_box' })
  expect((await getBox(lab.ctx, box.id)).callBackDetail).toMatch(UNTRUSTED)
})
