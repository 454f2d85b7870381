import { expect, test } from 'vitest'
import { parseAnsi, visibleText } from './ansi'

const shown = (line: string) =>
  parseAnsi(line)
    .map((piece) => piece.text)
    .join('')

test('a plain line is one piece without style', () => {
  expect(parseAnsi('voltage 3.3 V\tok')).toEqual([{ text: 'voltage 3.3 V\tok', style: {} }])
  expect(parseAnsi('')).toEqual([])
})

test('colours and weights apply until they are reset', () => {
  expect(parseAnsi('\x1b[1;31mFAIL\x1b[0m then \x1b[92mok\x1b[39m.')).toEqual([
    { text: 'FAIL', style: { bold: true, color: 1 } },
    { text: ' then ', style: {} },
    { text: 'ok', style: { color: 10 } },
    { text: '.', style: {} },
  ])
})

test('an empty SGR resets, and each attribute has its own off', () => {
  expect(parseAnsi('\x1b[3;4;7;9ma\x1b[23;24;27;29mb\x1b[2mc\x1b[md')).toEqual([
    { text: 'a', style: { italic: true, underline: true, inverse: true, strike: true } },
    { text: 'b', style: {} },
    { text: 'c', style: { faint: true } },
    { text: 'd', style: {} },
  ])
})

test.each([
  ['38;5;9', { color: 9 }],
  ['38;5;196', { color: 'rgb(255 0 0)' }],
  ['38;5;244', { color: 'rgb(128 128 128)' }],
  ['48;5;16', { background: 'rgb(0 0 0)' }],
  ['38;2;1;22;255', { color: 'rgb(1 22 255)' }],
  ['38:2:1:22:255', { color: 'rgb(1 22 255)' }],
  ['38;5;300', {}],
  ['38;2;1;2', {}],
  ['38;2;300;0;0;1', { bold: true }],
  ['38', {}],
  ['38;9;1', {}],
  ['41;97', { background: 1, color: 15 }],
  ['104', { background: 12 }],
  ['999', {}],
])('SGR %s', (codes, style) => {
  expect(parseAnsi(`\x1b[${codes}mx`)).toEqual([{ text: 'x', style }])
})

test.each([
  ['cursor and erase', 'a\x1b[2K\x1b[1Gb', 'a^[^[b'],
  ['private modes', '\x1b[?25lx', '^[x'],
  ['a window title', '\x1b]0;evil\x07x', '^[x'],
  ['a hyperlink', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', '^[text^['],
  ['a title that never ends', 'a\x1b]0;evil', 'a^['],
  ['a character set', '\x1b(Bx', '^[x'],
  ['a device string', '\x1bPq#0\x1b\\x', '^[x'],
  ['a lone escape', 'a\x1b', 'a^['],
  ['a sequence cut in the middle', 'a\x1b[31', 'a^[[31'],
])('%s leaves a mark and nothing else', (_, line, text) => expect(shown(line)).toBe(text))

test('control characters are shown as terminals do, and say which they were', () => {
  expect(shown('a\x00b\x07c\rd\x7f')).toBe('a^@b^Gc^Md^?')
  expect(parseAnsi('\x07')).toEqual([{ text: '^G', style: {}, mark: 'U+0007' }])
})

test('the carriage return of a serial line is not shown', () => expect(shown('OK\r')).toBe('OK'))

test('characters that turn or hide text become visible', () => {
  expect(shown('a\u202eb\u200bc\u009bd')).toBe('a⟨U+202E⟩b⟨U+200B⟩c⟨U+009B⟩d')
})

test('HTML stays text', () => {
  expect(parseAnsi('<img src=x onerror=alert(1)>')).toEqual([{ text: '<img src=x onerror=alert(1)>', style: {} }])
})

test('a long line without end costs no more than its length', () => {
  expect(shown('\x1b['.repeat(20_000)).length).toBe(60_000)
  expect(shown(`\x1b]${'x'.repeat(100_000)}`)).toBe('^[')
})

test.each([
  ['grüße 世界 🙂.txt', 'grüße 世界 🙂.txt'],
  ['a\nb\tc\x7f', 'a^Jb^Ic^?'],
  ['\x1b[31mred', '^[[31mred'],
  ['user\u202etxt.exe', 'user⟨U+202E⟩txt.exe'],
])('a name is shown with what would act in it: %j', (name, shown) => {
  expect(visibleText(name)).toBe(shown)
})

test('line ends and tabs of a text stay where they may', () => {
  expect(visibleText('a\tb\nc\x07', '\n\t')).toBe('a\tb\nc^G')
})
