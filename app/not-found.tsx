import Link from 'next/link'
import { buttonClasses } from './ui/button'
import { Empty } from './ui/empty'
import { Wordmark } from './ui/wordmark'

export default function NotFound() {
  return (
    <main className="mx-auto flex w-full max-w-lg flex-1 flex-col justify-center gap-6 px-4 py-10">
      <Wordmark className="self-center text-lg" />
      <section className="rounded-lg border border-line bg-surface">
        <h1 className="sr-only">Not found</h1>
        <Empty
          title="There is no such page"
          action={
            <Link href="/jobs" className={buttonClasses('primary')}>
              Go to the jobs
            </Link>
          }
        >
          The address may be mistyped, or what it named belongs to another organisation.
        </Empty>
      </section>
    </main>
  )
}
