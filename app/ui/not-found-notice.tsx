import type { Route } from 'next'
import type { ReactNode } from 'react'
import { buttonClasses } from './button'
import { Empty } from './empty'
import { Link } from './link'

/** What a page shows where nothing is: what is not there, why that may be, and a way on. */
export function NotFoundNotice({
  title,
  way,
  children,
}: {
  title: string
  way: { href: Route; label: string }
  children: ReactNode
}) {
  return (
    <section className="rounded-lg border border-line bg-surface">
      <h1 className="sr-only">Not found</h1>
      <Empty
        title={title}
        action={
          <Link href={way.href} className={buttonClasses('primary')}>
            {way.label}
          </Link>
        }
      >
        {children}
      </Empty>
    </section>
  )
}
