import { expect, test } from 'vitest'
import { changesSchema, type Submitted, submissionSchema } from '../../../../core/jobs/submission'
import { draftOf, toChanges } from './rerun-draft'

const FULL: Submitted = {
  ...{ name: 'soak', script: 'print(1)', entry: 'main.py', args: ['--fast', ''], env: { A: '1' } },
  ...{ secretNames: ['KEY', 'PIN'], labels: { team: 'rf' }, target: { box: 'bench' }, requires: ['net:UART'] },
  artifacts: { globs: ['out/*'], lagerOutput: true },
  ...{ timeoutSeconds: 61, queueTimeoutSeconds: 62, graceSeconds: 0, noOutputTimeoutSeconds: 64 },
}
const values = (draft: ReturnType<typeof draftOf>) => draft.secrets.map(({ key, value }) => [key, value])

test('a form that was filled in and left as it is says again what the job was', () => {
  for (const target of [{ box: 'bench' }, { group: 'lab' }, { any: true as const }]) {
    const { entry: _, secretNames: __, ...fields } = { ...FULL, target }
    const draft = draftOf({ ...FULL, target })
    expect(values(draft)).toEqual([
      ['KEY', ''],
      ['PIN', ''],
    ])
    const changes = toChanges(draft, FULL)
    expect(changes).toEqual({ ...fields, secrets: { KEY: '', PIN: '' } })
  }
})

test('a bundle is kept by its hash and entry point', () => {
  const { script: _, ...rest } = FULL
  const bundle = '0'.repeat(64)
  const draft = draftOf({ ...rest, bundle, entry: 'run.py' })
  expect(draft).toMatchObject({ source: 'bundle', entry: 'run.py', script: '' })
  expect(toChanges(draft, FULL, bundle)).toMatchObject({ bundle, entry: 'run.py' })
  expect(toChanges(draft, FULL, bundle)).not.toHaveProperty('script')
})

test('what was emptied means the default, and a secret whose line was removed is left out', () => {
  const emptied = {
    name: '',
    timeoutSeconds: '',
    queueTimeoutSeconds: '',
    graceSeconds: '',
    noOutputTimeoutSeconds: '',
  }
  const secrets = [{ id: 0, key: 'KEY', value: 'new value' }]
  const changes = changesSchema.parse(toChanges({ ...draftOf(FULL), ...emptied, secrets }, FULL))
  const { name, timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds } = changes
  expect({ name, timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds }).toEqual({
    ...(({ name, timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds }) => ({
      ...{ name, timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds },
    }))(submissionSchema.parse({ script: 'x' })),
  })
  expect(changes.secrets).toEqual({ KEY: 'new value', PIN: null })
})
