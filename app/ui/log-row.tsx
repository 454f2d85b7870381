import { type CSSProperties, memo, useMemo } from 'react'
import { type AnsiStyle, parseAnsi } from './ansi'
import { readableBytes } from './binary'
import { classes } from './classes'
import { formatBytes, formatClock, formatCount, formatCountOf } from './format'
import type { LogLine } from './log-line'

/** What of a longer line is shown; the download has all of it. */
const SHOWN_CHARACTERS = 4_000

/** One line of a log: its number, its time, its stream unless that is stdout, its text, and what is odd about it. */
export const LogRow = memo(function LogRow({
  n,
  line,
  showTimes,
  digits,
}: {
  n: number
  line: LogLine | undefined
  showTimes: boolean
  /** Width of the largest line number. */
  digits: number
}) {
  return (
    <div
      data-line={n}
      className={classes(
        'flex h-[1lh] w-max min-w-full border-l-2 pr-4 whitespace-pre hover:bg-sunken',
        line?.stream === 'stderr' ? 'border-bad' : line?.stream === 'output' ? 'border-accent' : 'border-transparent',
      )}
    >
      <span
        className="sticky left-0 shrink-0 bg-log px-2 text-right text-muted select-none"
        style={{ minWidth: `calc(${Math.max(digits, 3)}ch + 1rem)` }}
      >
        {n}
      </span>
      {showTimes && (
        <time dateTime={line?.at} className="w-[13ch] shrink-0 text-muted select-none">
          {line && formatClock(line.at)}
        </time>
      )}
      <span className="w-[7ch] shrink-0 text-[11px] text-muted select-none">
        {line && line.stream !== 'stdout' ? line.stream : ''}
      </span>
      {line && <LineText line={line} />}
    </div>
  )
})

function LineText({ line }: { line: LogLine }) {
  if (line.gap) {
    const { lines, sizeBytes, why } = line.gap
    return <Mark tone="bad">{`${formatCountOf(lines, 'line')} (${formatBytes(sizeBytes)}) lost here: ${why}`}</Mark>
  }
  return (
    <>
      <Ansi text={line.base64 === undefined ? line.text : readableBytes(line.base64)} />
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

function Ansi({ text }: { text: string }) {
  const pieces = useMemo(() => parseAnsi(text.slice(0, SHOWN_CHARACTERS)), [text])
  const rest = text.length - SHOWN_CHARACTERS
  return (
    <span className="[tab-size:8] [unicode-bidi:isolate]">
      {pieces.map(({ text: piece, style, mark }, index) =>
        mark ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
          <span key={index} title={mark} className="text-muted opacity-80">
            {piece}
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
          <span key={index} style={cssOf(style)}>
            {piece}
          </span>
        ),
      )}
      {rest > 0 && <Mark title="The download has the whole line.">{`${formatCount(rest)} more characters`}</Mark>}
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
