import { expect, test } from 'vitest'
import { emptyFrame, encodeFrames, exitFrame, KEEPALIVE } from './frames'
import { decodeFrames } from './testing/frames'

test('a payload is preceded by fileno and length, with nothing between frames', () => {
  expect(encodeFrames(1, Buffer.from('hello\n')).toString()).toBe('1 6 hello\n')
  expect(encodeFrames(2, Buffer.from('x')).toString()).toBe('2 1 x')
  expect(emptyFrame(3).toString()).toBe('3 0 ')
  expect(KEEPALIVE.toString()).toBe('0 0 ')
})

test.each([
  [0, '- 1 0'],
  [124, '- 3 124'],
  [-15, '- 3 -15'],
  [-9, '- 2 -9'],
])('exit code %i is written as %s', (code, text) => {
  expect(exitFrame(code).toString()).toBe(text)
})

test('a long payload is cut into frames of 1024 bytes, wherever that falls', () => {
  const bytes = Buffer.from('é'.repeat(1500)) // 3000 bytes: the cuts fall into the middle of nothing and of a letter
  const frames = decodeFrames(encodeFrames(1, bytes))
  expect(frames.map(({ payload }) => payload.length)).toEqual([1024, 1024, 952])
  expect(Buffer.concat(frames.map(({ payload }) => payload))).toEqual(bytes)
})

test('bytes that look like a header stay payload', () => {
  const bytes = Buffer.from('- 1 0\x00\xff1 5 ', 'latin1')
  expect(decodeFrames(encodeFrames(1, bytes))).toEqual([{ fileno: '1', payload: bytes }])
})
