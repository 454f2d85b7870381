const STEP = '    '

/** Replace the characters from `from` to `to` by `text`, then select. */
export type Edit = { from: number; to: number; text: string; selectFrom: number; selectTo: number }

/**
 * What a key does to the indentation of Python: Tab and Shift+Tab move the selected lines (Tab without a selection goes on to
 * the next step), Enter keeps the indentation and adds a step after a colon. Undefined: the key does what it always does.
 */
export function indent(text: string, from: number, to: number, key: string, shift: boolean): Edit | undefined {
  if (key === 'Enter' && !shift) return newLine(text, from, to)
  if (key !== 'Tab') return undefined
  const lineStart = text.lastIndexOf('\n', from - 1) + 1
  if (!shift && from === to) {
    const step = STEP.slice((from - lineStart) % STEP.length)
    return { from, to, text: step, selectFrom: from + step.length, selectTo: from + step.length }
  }
  return moveLines(text, from, to, lineStart, shift)
}

function newLine(text: string, from: number, to: number): Edit | undefined {
  const before = text.slice(text.lastIndexOf('\n', from - 1) + 1, from)
  const spaces = /^[ \t]*/.exec(before)?.[0] ?? ''
  const inserted = `\n${spaces}${/:\s*(#.*)?$/.test(before) ? STEP : ''}`
  if (inserted === '\n') return undefined
  return { from, to, text: inserted, selectFrom: from + inserted.length, selectTo: from + inserted.length }
}

function moveLines(text: string, from: number, to: number, lineStart: number, out: boolean): Edit | undefined {
  const lastChar = to > from && text[to - 1] === '\n' ? to - 1 : to
  const lineEnd = text.indexOf('\n', lastChar)
  const end = lineEnd === -1 ? text.length : lineEnd
  const lines = text.slice(lineStart, end).split('\n')
  const moved = lines.map((line) => (out ? line.replace(/^( {1,4}|\t)/, '') : line === '' ? '' : STEP + line))
  const result = moved.join('\n')
  if (result === text.slice(lineStart, end))
    return out ? { from, to: from, text: '', selectFrom: from, selectTo: to } : undefined
  const first = (moved[0]?.length ?? 0) - (lines[0]?.length ?? 0)
  return {
    from: lineStart,
    to: end,
    text: result,
    selectFrom: Math.max(lineStart, from + first),
    selectTo: to + result.length - (end - lineStart),
  }
}
