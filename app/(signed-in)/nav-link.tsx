'use client'

import type { Route } from 'next'
import { usePathname } from 'next/navigation'
import { classes } from '../ui/classes'
import { Link, useLinkStatus } from '../ui/link'

/** A link of the main navigation; marked on its page and on those below it, but not on `except`. */
export function NavLink({ href, except, children }: { href: Route; except?: Route; children: string }) {
  const path = usePathname()
  const here = path === href || (path.startsWith(`${href}/`) && path !== except)
  return (
    <Link
      href={href}
      {...(here && { 'aria-current': path === href ? 'page' : 'true' })}
      className={classes(
        'relative border-b-2 px-2 py-2.5 font-medium whitespace-nowrap hover:no-underline sm:py-3',
        here ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
      )}
    >
      {children}
      <Pending />
    </Link>
  )
}

/** Shown while its page is on the way. */
function Pending() {
  const { pending } = useLinkStatus()
  if (!pending) return null
  return (
    <>
      <span className="sr-only"> (loading)</span>
      <span aria-hidden="true" className="absolute inset-x-0 -bottom-0.5 h-0.5 animate-pulse bg-accent" />
    </>
  )
}
