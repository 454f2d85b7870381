import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { NotFound } from '../errors'
import { anOrg } from '../testing/fixtures'
import { aClosedLog, aRecord, unpackedLogs } from '../testing/logs'
import { readOutput } from './read-output'

const OUTPUT = 3
const TORN = 4
const output = (text: string, flags = 0) => aRecord(Buffer.from(text), OUTPUT, flags, 1_000_000n)

test('values are read from among the lines of a log, page by page; what is torn is none', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const records = [
    aRecord(Buffer.from('{"encoding":"json","value":"of stdout"}'), 1, 0, 1n),
    output('{"encoding":"json","value":{"volts":3.3}}'),
    output('1 99 {', TORN),
    output('{"encoding":"yaml","value":"volts: 3.3"}'),
    output('not what a supervisor sends'),
    output('{"encoding":"json","value":null}'),
  ]
  const ref = await aClosedLog(ctx, [{ firstN: 1, count: records.length, records: Buffer.concat(records) }])
  const inLog = { ...ctx, ...unpackedLogs(t.db) }
  const all = await readOutput(inLog, ref.jobId, { from: 1, limit: 10 })
  expect(all).toEqual({
    attempt: 1,
    items: [
      { n: 2, at: '1970-01-01T00:00:01.000Z', encoding: 'json', value: { volts: 3.3 } },
      { n: 4, at: '1970-01-01T00:00:01.000Z', encoding: 'yaml', value: 'volts: 3.3' },
      { n: 6, at: '1970-01-01T00:00:01.000Z', encoding: 'json', value: null },
    ],
    nextFrom: 7,
    lineCount: 6,
  })
  const first = await readOutput(inLog, ref.jobId, { from: 1, limit: 1 })
  expect(first).toMatchObject({ items: [{ n: 2 }], nextFrom: 3 })
  expect(await readOutput(inLog, ref.jobId, { from: 3, limit: 10 })).toMatchObject({ items: [{ n: 4 }, { n: 6 }] })
  const stranger = { ...(await anOrg(t.db)), ...unpackedLogs(t.db) }
  await expect(readOutput(stranger, ref.jobId, { from: 1, limit: 10 })).rejects.toThrow(NotFound)
})
