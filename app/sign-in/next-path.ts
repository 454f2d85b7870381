import type { Route } from 'next'

/** Where to go after signing in: a path of this site, whatever the address bar says. */
export function safeNextPath(next: string | string[] | undefined): Route {
  if (typeof next !== 'string' || !next.startsWith('/') || next.startsWith('/sign-in')) return '/jobs'
  const base = 'http://here.invalid'
  if (!URL.canParse(next, base)) return '/jobs'
  const { origin, pathname, search } = new URL(next, base)
  return origin === base && !pathname.startsWith('//') ? (`${pathname}${search}` as Route) : '/jobs'
}

/** The sign-in page, and where to go from there. */
export function signInPath(next: string): Route {
  return `/sign-in?next=${encodeURIComponent(next)}` as Route
}
