// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this file is about control characters
/**
 * Turns one line of terminal output into pieces that React shows as text. Colours and weights (SGR) become styles; every other
 * escape sequence becomes a small mark, and control characters are shown as `^G`, so nothing in a log can act on the page.
 */
export type AnsiPiece = { text: string; style: AnsiStyle; mark?: string }

export type AnsiStyle = {
  /** 0–15 of the palette, or a CSS colour. */
  color?: number | string
  background?: number | string
  bold?: true
  faint?: true
  italic?: true
  underline?: true
  strike?: true
  inverse?: true
}

const SEQUENCE =
  /\x1b\[([0-?]*)([ -/]*)([@-~])|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]+[0-~]|\x1b[0-Z\\`-~]/y
const ACTING = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
const PLAIN = /[^\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/y

/** Reads a line. Styles begin anew with each line, since lines are read in any order. */
export function parseAnsi(line: string): AnsiPiece[] {
  const pieces: AnsiPiece[] = []
  let style: AnsiStyle = {}
  let at = 0
  while (at < line.length) {
    PLAIN.lastIndex = at
    const plain = PLAIN.exec(line)
    if (plain) {
      pieces.push({ text: plain[0], style })
      at += plain[0].length
      continue
    }
    SEQUENCE.lastIndex = at
    const sequence = SEQUENCE.exec(line)
    if (sequence) {
      at += sequence[0].length
      if (sequence[3] === 'm' && sequence[2] === '' && /^[0-9;:]*$/.test(sequence[1] ?? '')) {
        style = applySgr(style, sequence[1] ?? '')
      } else {
        pieces.push({ text: '^[', style: {}, mark: `escape sequence ${escaped(sequence[0])}` })
      }
      continue
    }
    const code = line.charCodeAt(at)
    if (code !== 0x0d || at !== line.length - 1) pieces.push(symbolOf(code))
    at += 1
  }
  return pieces
}

/**
 * A text that somebody else wrote, with every character shown that would act or hide: `a^Jb`, `x⟨U+202E⟩txt.exe`.
 * @param keep characters that may act: line ends and tabs, where there is room for them
 */
export function visibleText(text: string, keep = ''): string {
  return text.replace(ACTING, (char) => (keep.includes(char) ? char : symbolOf(char.charCodeAt(0)).text))
}

/** The piece that stands for a character which must not act: `^G`, or its code point where it has no such name. */
function symbolOf(code: number): AnsiPiece {
  const mark = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  if (code < 0x20 || code === 0x7f) return { text: `^${String.fromCharCode(code ^ 0x40)}`, style: {}, mark }
  return { text: `⟨${mark}⟩`, style: {}, mark }
}

function escaped(sequence: string): string {
  const text = sequence.length > 40 ? `${sequence.slice(0, 40)}…` : sequence
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => symbolOf(char.charCodeAt(0)).text)
}

const ON: Record<number, AnsiStyle> = {
  1: { bold: true },
  2: { faint: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
}
const OFF: Record<number, (keyof AnsiStyle)[]> = {
  22: ['bold', 'faint'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['color'],
  49: ['background'],
}

function applySgr(before: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map((text) => Number(text || 0))
  let style = { ...before }
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0
    if (code === 0) style = {}
    else if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes.slice(index + 1))
      if (color !== undefined) style[code === 38 ? 'color' : 'background'] = color
      index += used
    } else if (ON[code]) style = { ...style, ...ON[code] }
    else if (OFF[code]) for (const name of OFF[code]) delete style[name]
    else if (code >= 30 && code <= 37) style.color = code - 30
    else if (code >= 40 && code <= 47) style.background = code - 40
    else if (code >= 90 && code <= 97) style.color = code - 82
    else if (code >= 100 && code <= 107) style.background = code - 92
  }
  return style
}

/** What follows 38 or 48: `5;n` of 256 colours, or `2;r;g;b`. `used` tells how many codes it took. */
function extendedColor(codes: number[]): { color?: number | string; used: number } {
  if (codes[0] === 5) {
    const color = paletteColor(codes[1] ?? -1)
    return { ...(color !== undefined && { color }), used: 2 }
  }
  if (codes[0] !== 2) return { used: codes.length }
  const channels = codes.slice(1, 4)
  const good = channels.length === 3 && channels.every(isByte)
  return { ...(good && { color: `rgb(${channels.join(' ')})` }), used: 4 }
}

function paletteColor(index: number): number | string | undefined {
  if (!isByte(index)) return undefined
  if (index < 16) return index
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + (index - 232) * 10)
      .join(' ')})`
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40)
  const cube = index - 16
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(' ')})`
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255
}
