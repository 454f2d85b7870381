import { expect, test } from 'vitest'
import { netTexts } from './net-texts'

test('nets are counted by type, and named in the title', () => {
  const nets = [
    { name: 'uart1', type: 'UART' },
    { name: 'supply', type: 'PowerSupply' },
    { name: 'uart2', type: 'UART' },
  ]
  expect(netTexts(nets)).toEqual([
    { text: 'PowerSupply', title: 'supply' },
    { text: '2 × UART', title: 'uart1, uart2' },
  ])
})
