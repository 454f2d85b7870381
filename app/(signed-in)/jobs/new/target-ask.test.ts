import { expect, test } from 'vitest'
import { EMPTY_DRAFT } from './draft'
import { askOf, requirementsOf } from './target-ask'

const requires = ['net:UART>=2', ' dut=nrf ', '', 'dut=', 'dut=nrf'].map((value, id) => ({ id, value }))

test('requirements that can be read are asked for once each; those half typed are left out', () => {
  expect(requirementsOf({ requires })).toEqual({ read: ['dut=nrf', 'net:UART>=2'], unread: ['dut='] })
})

test('nothing is asked while a box or a group is still to be chosen', () => {
  expect(askOf({ ...EMPTY_DRAFT, requires })).toEqual({ target: { any: true }, requires: ['dut=nrf', 'net:UART>=2'] })
  expect(askOf({ ...EMPTY_DRAFT, target: 'group' })).toBeUndefined()
  expect(askOf({ ...EMPTY_DRAFT, target: 'box', box: 'b' })).toEqual({ target: { box: 'b' }, requires: [] })
})
