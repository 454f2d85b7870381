import Link from 'next/link'
import { buttonClasses } from '../../../ui/button'
import { Empty } from '../../../ui/empty'

export default function JobNotFound() {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <h1 className="sr-only">Not found</h1>
      <Empty
        title="There is no such job"
        action={
          <Link href="/jobs" className={buttonClasses('primary')}>
            Go to the jobs
          </Link>
        }
      >
        Its id may be mistyped, or it belongs to another organisation.
      </Empty>
    </div>
  )
}
