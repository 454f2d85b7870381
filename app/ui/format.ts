const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time in its two largest units: `0.84 s`, `12 s`, `3 min 5 s`, `2 h`, `4 d 3 h`. Negative counts as 0. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms)
  if (length < 10 * SECOND) return `${trimZeros((length / SECOND).toFixed(length < SECOND ? 2 : 1))} s`
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`
  if (length < HOUR) return twoUnits(length, MINUTE, 'min', SECOND, 's')
  if (length < DAY) return twoUnits(length, HOUR, 'h', MINUTE, 'min')
  return twoUnits(length, DAY, 'd', HOUR, 'h')
}

/** The same in whole seconds, for lengths that tick. */
export function formatTicking(ms: number): string {
  return ms < MINUTE ? `${Math.max(0, Math.floor(ms / SECOND))} s` : formatDuration(ms)
}

/** How long ago, or how soon: `just now`, `12 s ago`, `in 3 min`; a date when it is 30 days or more. */
export function formatRelative(at: string, now: number): string {
  const ms = now - Date.parse(at)
  const size = Math.abs(ms)
  if (size < 3 * SECOND) return 'just now'
  if (size >= 30 * DAY) return at.slice(0, 10)
  const text = oneUnit(size)
  return ms > 0 ? `${text} ago` : `in ${text}`
}

/** Making a formatter costs a hundred times what formatting does. */
const INSTANT = { local: instantFormat({}), UTC: instantFormat({ timeZone: 'UTC' }) }

function instantFormat(zone: { timeZone?: string }): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    timeZoneName: 'short',
    ...zone,
  })
}

/** Date and time to the second, with the zone: local, or UTC where the reader's zone is not known (on the server). */
export function formatInstant(at: string, zone: 'local' | 'UTC'): string {
  return INSTANT[zone].format(new Date(at))
}

/** Local wall clock to the millisecond, as log lines show it. */
export function formatClock(at: string): string {
  const date = new Date(at)
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')
  const ms = pad(date.getMilliseconds(), 3)
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${ms}`
}

/** A count with thin separators: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-GB')
}

/** `1 line`, `2 lines`. */
export function formatCountOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** A size in decimal units: `512 B`, `1.2 kB`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 1_000_000) return `${trimZeros((bytes / 1_000).toFixed(1))} kB`
  if (bytes < 1_000_000_000) return `${trimZeros((bytes / 1_000_000).toFixed(1))} MB`
  return `${trimZeros((bytes / 1_000_000_000).toFixed(1))} GB`
}

function oneUnit(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small)
  return `${Math.floor(ms / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
