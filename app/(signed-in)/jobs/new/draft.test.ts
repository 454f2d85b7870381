import { expect, test } from 'vitest'
import { type Draft, draftErrors, EMPTY_DRAFT, fieldErrors, toSubmission } from './draft'

const EMPTY: Draft = { ...EMPTY_DRAFT, script: 'print(1)' }
const entries = (...values: string[]) => values.map((value, id) => ({ id, value }))
const pairs = (...all: [string, string][]) => all.map(([key, value], id) => ({ id, key, value }))

test('what was left empty is left to the defaults of the server', () => {
  expect(toSubmission(EMPTY)).toEqual({
    script: 'print(1)',
    target: { any: true },
    ...{ requires: [], args: [], env: {}, secrets: {}, labels: {} },
    artifacts: { globs: [], lagerOutput: false },
  })
})

test('a filled draft says what it shows', () => {
  const draft: Draft = {
    ...EMPTY,
    ...{ name: ' soak ', target: 'group', group: 'lab', box: 'unused' },
    ...{ requires: entries('net:UART', '  '), args: entries('--fast', '') },
    ...{ env: pairs(['A', ' 1 '], ['', '']), labels: pairs(['team', 'fw']) },
    ...{ secrets: pairs(['KEY', ' s3cret ']), globs: entries(' out/*.csv ', ''), lagerOutput: true },
    ...{ timeoutSeconds: '60', graceSeconds: '0' },
  }
  expect(toSubmission(draft)).toEqual({
    name: 'soak',
    script: 'print(1)',
    target: { group: 'lab' },
    requires: ['net:UART'],
    args: ['--fast', ''],
    env: { A: ' 1 ' },
    secrets: { KEY: ' s3cret ' },
    artifacts: { globs: ['out/*.csv'], lagerOutput: true },
    labels: { team: 'fw' },
    timeoutSeconds: 60,
    graceSeconds: 0,
  })
})

test('of script and bundle only what was chosen is sent', () => {
  const draft: Draft = { ...EMPTY, source: 'bundle', entry: 'run.py' }
  const sent = toSubmission(draft, 'ab12')
  expect(sent).toMatchObject({ bundle: 'ab12', entry: 'run.py' })
  expect(sent).not.toHaveProperty('script')
  expect(draftErrors(draft)).toEqual({})
  expect(draftErrors({ ...draft, entry: '' })).toEqual({ entry: 'Choose the file that is run.' })
})

test('issues of the server stand at the line that they speak of', () => {
  const draft: Draft = {
    ...EMPTY,
    requires: entries('', 'net:UART', 'nonsense'),
    env: pairs(['', ''], ['OK', '1'], ['A=B', '2']),
    secrets: pairs(['KEY', 'abc']),
    globs: entries('', '/etc/*'),
  }
  const issues = [
    { path: 'requires.1', message: 'must read label=value' },
    { path: 'env.A=B', message: 'must be a name' },
    { path: 'args.0', message: 'too long' },
    { path: 'target.box', message: 'There is no box x.' },
    { path: 'script', message: 'script: must be at most 5 bytes' },
    { path: 'timeoutSeconds', message: 'must be at least 1 s' },
    { path: 'timeoutSeconds', message: 'must be whole' },
    { path: 'labels', message: 'too many' },
    { path: 'secrets.KEY', message: 'must be at least 4 bytes' },
    { path: 'secrets', message: 'KEY stands in env too' },
    { path: 'artifacts.globs.0', message: 'must be a relative path' },
    { path: 'entry', message: 'is not in the bundle' },
  ]
  expect(fieldErrors(issues, draft)).toEqual({
    'requires.2': 'must read label=value',
    'env.2': 'must be a name',
    'args.0': 'too long',
    target: 'There is no box x.',
    script: 'must be at most 5 bytes',
    timeoutSeconds: 'must be at least 1 s; must be whole',
    labels: 'too many',
    'secrets.0': 'must be at least 4 bytes',
    secrets: 'KEY stands in env too',
    'globs.1': 'must be a relative path',
    entry: 'is not in the bundle',
  })
})

test('a key that is there twice is told before it would be lost', () => {
  expect(draftErrors({ ...EMPTY, env: pairs(['A', '1'], ['B', '2'], [' A', '3']) })).toEqual({
    'env.2': 'is there twice',
  })
  expect(draftErrors({ ...EMPTY, secrets: pairs(['A', '1'], ['A', '2']) })).toEqual({ 'secrets.1': 'is there twice' })
})
