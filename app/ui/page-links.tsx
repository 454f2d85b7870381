import type { Route } from 'next'
import { buttonClasses } from './button'
import { Link } from './link'

/** The ways to the first page of a list and to the next one; nothing when all of it is on one page. */
export function PageLinks({
  path,
  cursor,
  nextCursor,
}: {
  path: string
  cursor: string | undefined
  nextCursor: string | null
}) {
  if (nextCursor === null && !cursor) return null
  return (
    <nav aria-label="Pages" className="flex justify-between gap-2 border-t border-line px-4 py-2">
      {cursor ? (
        <Link href={path as Route} className={buttonClasses('plain', 'small')}>
          First
        </Link>
      ) : (
        <span />
      )}
      {nextCursor !== null && (
        <Link
          href={`${path}?cursor=${encodeURIComponent(nextCursor)}` as Route}
          className={buttonClasses('plain', 'small')}
        >
          Next
        </Link>
      )}
    </nav>
  )
}
