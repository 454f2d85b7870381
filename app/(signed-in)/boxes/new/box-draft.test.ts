import { expect, test } from 'vitest'
import { type BoxDraft, boxErrors, toAddress, toDecisions } from './box-draft'

const DRAFT: BoxDraft = {
  ...{ host: ' bench-7 ', pythonPort: '', httpPort: '9001', token: ' ', name: ' left ', slots: '2' },
  groups: 'lab-a, lab-b,, lab-a',
  labels: [
    { id: 0, key: 'dut ', value: 'stm32' },
    { id: 1, key: '', value: '' },
  ],
}

test('what was left empty is left out', () => {
  expect(toAddress(DRAFT)).toEqual({ host: 'bench-7', httpPort: 9001 })
  expect(toAddress({ ...DRAFT, token: 'secret' })).toMatchObject({ token: 'secret' })
  expect(toDecisions(DRAFT)).toEqual({ name: 'left', slots: 2, groups: ['lab-a', 'lab-b'], labels: { dut: 'stm32' } })
})

test('issues stand at their fields', () => {
  const issues = [
    { path: 'host', message: 'a' },
    { path: 'labels.dut', message: 'b' },
    { path: 'labels', message: 'c' },
    { path: 'groups.1', message: 'd' },
    { path: 'groups.0', message: 'e' },
  ]
  expect(boxErrors(issues, DRAFT)).toEqual({ host: 'a', 'labels.0': 'b', labels: 'c', groups: 'd; e' })
})
