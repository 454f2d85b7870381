import Link from 'next/link'
import { buttonClasses } from '../../../ui/button'
import { Empty } from '../../../ui/empty'

export default function BoxNotFound() {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <h1 className="sr-only">Not found</h1>
      <Empty
        title="There is no such box"
        action={
          <Link href="/boxes" className={buttonClasses('primary')}>
            Go to the boxes
          </Link>
        }
      >
        Its id may be mistyped, or it belongs to another organisation.
      </Empty>
    </div>
  )
}
