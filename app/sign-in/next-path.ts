import type { Route } from 'next'

/** The overview: where one arrives who did not want to go anywhere else. */
const HOME = '/'

/** Where to go after signing in: a path of this site, whatever the address bar says. */
export function safeNextPath(next: string | string[] | undefined): Route {
  if (typeof next !== 'string' || !next.startsWith('/') || next.startsWith('/sign-in')) return HOME
  const base = 'http://here.invalid'
  if (!URL.canParse(next, base)) return HOME
  const { origin, pathname, search } = new URL(next, base)
  return origin === base && !pathname.startsWith('//') ? (`${pathname}${search}` as Route) : HOME
}

/** The sign-in page, and where to go from there. */
export function signInPath(next: string): Route {
  return `/sign-in?next=${encodeURIComponent(next)}` as Route
}
