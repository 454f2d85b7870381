import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PYTHON, run } from './testing/attempt'

test('lines, output-channel records and the spool keep every byte, however they are cut', async () => {
  const env = { PATH: process.env.PATH ?? '' }
  const ended = await run(PYTHON, ['test_records.py'], { cwd: join(import.meta.dirname, 'testing'), env })
  expect(ended.code, ended.output).toBe(0)
  expect(ended.output).toContain('OK')
})
