import { expect, test } from 'vitest'
import { indent } from './indent'

/** `|` marks the selection: one for a caret, two for a range. */
function press(marked: string, key: string, shift = false): string | undefined {
  const from = marked.indexOf('|')
  const to = marked.lastIndexOf('|') === from ? from : marked.lastIndexOf('|') - 1
  const text = marked.replaceAll('|', '')
  const edit = indent(text, from, to, key, shift)
  if (!edit) return undefined
  const after = text.slice(0, edit.from) + edit.text + text.slice(edit.to)
  const { selectFrom, selectTo } = edit
  if (selectFrom === selectTo) return `${after.slice(0, selectFrom)}|${after.slice(selectFrom)}`
  return `${after.slice(0, selectFrom)}|${after.slice(selectFrom, selectTo)}|${after.slice(selectTo)}`
}

test.each([
  ['a|', 'Tab', false, 'a   |'],
  ['    |x', 'Tab', false, '        |x'],
  ['|a\nb|\nc', 'Tab', false, '    |a\n    b|\nc'],
  ['|a\nb\n|c', 'Tab', false, '    |a\n    b\n|c'],
  ['    a|', 'Tab', true, 'a|'],
  ['|    a\n  b|', 'Tab', true, '|a\nb|'],
  ['a|b', 'Tab', true, 'a|b'],
  ['    a|', 'Enter', false, '    a\n    |'],
  ['if x:|', 'Enter', false, 'if x:\n    |'],
  ['  for x in y:  # all|', 'Enter', false, '  for x in y:  # all\n      |'],
  ['a|', 'Enter', false, undefined],
  ['a|', 'x', false, undefined],
])('%j, %s (shift %j)', (before, key, shift, after) => expect(press(before, key, shift)).toBe(after))
