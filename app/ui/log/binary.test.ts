import { expect, test } from 'vitest'
import { readableBytes } from './binary'

const base64 = (...bytes: number[]) => btoa(String.fromCharCode(...bytes))

test.each([
  ['UTF-8 with NUL', base64(0x61, 0x00, 0xc3, 0xa9), 'a\0é'],
  ['stray bytes', base64(0x61, 0xff, 0x00, 0x7f), 'a\\xff\\x00\\x7f'],
  ['colours around a stray byte', base64(0x1b, 0x5b, 0x6d, 0xfe), '\x1b[m\\xfe'],
  ['nothing', '', ''],
])('%s', (_, bytes, text) => expect(readableBytes(bytes)).toBe(text))
