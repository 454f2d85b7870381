import { type CSSProperties, memo, useMemo } from 'react'
import { classes } from '../classes'
import { formatBytes, formatClock, formatCount, formatCountOf } from '../format'
import { type AnsiStyle, parseAnsi } from './ansi'
import { readableBytes } from './binary'
import type { LogLine } from './log-line'
import { type MarkedPiece, markPieces } from './mark-pieces'

/** What of a longer line is shown; the download has all of it. */
const SHOWN_CHARACTERS = 4_000

/** How lines are shown. */
export type LogLook = {
  showTimes: boolean
  /** Long lines take several rows. */
  wrap: boolean
  /** What was searched for, and is marked. */
  pattern: RegExp | null
  /** Width of the largest line number. */
  digits: number
}

/** Digits that the numbers of a log take; three at least. */
export const numberWidth = (lineCount: number): number => Math.max(3, String(lineCount).length)

const EDGES = { stdout: 'border-transparent', stderr: 'border-bad', output: 'border-accent' }

/** One line of a log: its number, its time, its stream unless that is stdout, its text, and what is odd about it. */
export const LogRow = memo(function LogRow({
  n,
  line,
  look: { showTimes, wrap, pattern, digits },
  picked,
}: {
  n: number
  line: LogLine | undefined
  look: LogLook
  picked: boolean
}) {
  return (
    <div
      data-line={n}
      aria-current={picked ? 'true' : undefined}
      className={classes(
        'flex border-l-2 pr-4',
        wrap ? 'min-h-[1lh] whitespace-pre-wrap' : 'h-[1lh] w-max min-w-full whitespace-pre',
        picked ? 'bg-picked' : 'hover:bg-sunken',
        EDGES[line?.stream ?? 'stdout'],
      )}
    >
      <a
        href={`#L${n}`}
        tabIndex={-1}
        title="Link to this line; with Shift to all lines up to it"
        className={classes(
          'shrink-0 px-2 text-right select-none hover:text-ink',
          picked ? 'bg-picked font-semibold text-ink' : 'bg-log text-muted',
          !wrap && 'sticky left-0',
        )}
        style={{ minWidth: `calc(${digits}ch + 1rem)` }}
      >
        {n}
      </a>
      {showTimes && (
        <time dateTime={line?.at} className="w-[13ch] shrink-0 text-muted select-none">
          {line && formatClock(line.at)}
        </time>
      )}
      <span className="w-[7ch] shrink-0 text-[11px] text-muted select-none">
        {line && line.stream !== 'stdout' ? line.stream : ''}
      </span>
      {line && (
        <span className={wrap ? 'min-w-0 flex-1 wrap-anywhere' : 'flex'}>
          <LineText line={line} pattern={pattern} />
        </span>
      )}
    </div>
  )
})

function LineText({ line, pattern }: { line: LogLine; pattern: RegExp | null }) {
  if (line.gap) {
    const { lines, sizeBytes, why } = line.gap
    return <Mark tone="bad">{`${formatCountOf(lines, 'line')} (${formatBytes(sizeBytes)}) lost here: ${why}`}</Mark>
  }
  return (
    <>
      <Ansi text={line.base64 === undefined ? line.text : readableBytes(line.base64)} pattern={pattern} />
      {line.partial && <Mark title="No newline followed these bytes.">no newline</Mark>}
      {line.base64 !== undefined && <Mark title="Not text: unreadable bytes are written as \xff.">binary</Mark>}
      {line.torn && (
        <Mark tone="bad" title="A record of the output channel that could not be decoded; kept as it came.">
          torn record
        </Mark>
      )}
    </>
  )
}

function Mark({ children, title, tone }: { children: string; title?: string; tone?: 'bad' }) {
  return (
    <span
      title={title}
      className={classes(
        'ml-2 self-center rounded border px-1 text-[10px] leading-4 select-none first:ml-0',
        tone === 'bad' ? 'border-bad/60 text-bad' : 'border-line text-muted',
      )}
    >
      {children}
    </span>
  )
}

function Ansi({ text, pattern }: { text: string; pattern: RegExp | null }) {
  const parsed = useMemo(() => parseAnsi(text.slice(0, SHOWN_CHARACTERS)), [text])
  const pieces = useMemo(() => markPieces(parsed, pattern), [parsed, pattern])
  const rest = text.length - SHOWN_CHARACTERS
  return (
    <span className="[tab-size:8] [unicode-bidi:isolate]">
      {pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
        <Piece key={index} piece={piece} />
      ))}
      {rest > 0 && <Mark title="The download has the whole line.">{`${formatCount(rest)} more characters`}</Mark>}
    </span>
  )
}

function Piece({ piece: { text, style, mark, hit } }: { piece: MarkedPiece }) {
  if (hit) return <mark className="rounded-[2px] bg-found text-on-found">{text}</mark>
  if (!mark) return <span style={cssOf(style)}>{text}</span>
  return (
    <span title={mark} className="text-muted opacity-80">
      {text}
    </span>
  )
}

function cssOf(style: AnsiStyle): CSSProperties {
  const color = colorOf(style.color)
  const background = colorOf(style.background)
  const lines = [style.underline && 'underline', style.strike && 'line-through'].filter(Boolean).join(' ')
  return {
    ...(style.inverse
      ? { color: background ?? 'var(--log)', background: color ?? 'var(--ink)' }
      : { ...(color && { color }), ...(background && { background }) }),
    ...(background && !color && !style.inverse && { color: readableOn(background) }),
    ...(style.bold && { fontWeight: 700 }),
    ...(style.faint && { opacity: 0.7 }),
    ...(style.italic && { fontStyle: 'italic' }),
    ...(lines && { textDecoration: lines }),
  }
}

/** Text without a colour of its own on a coloured ground: the log's ground on the palette, black or white on the rest. */
function readableOn(background: string): string {
  const channels = background.match(/\d+/g)?.map(Number) ?? []
  if (!background.startsWith('rgb') || channels.length !== 3) return 'var(--log)'
  const [red = 0, green = 0, blue = 0] = channels
  return red * 0.299 + green * 0.587 + blue * 0.114 > 140 ? '#000' : '#fff'
}

function colorOf(color: number | string | undefined): string | undefined {
  return typeof color === 'number' ? `var(--ansi-${color})` : color
}
