import { NotFoundNotice } from './ui/not-found-notice'
import { Wordmark } from './ui/wordmark'

export default function NotFound() {
  return (
    <main className="mx-auto flex w-full max-w-lg flex-1 flex-col justify-center gap-6 px-4 py-10">
      <Wordmark className="self-center text-lg" />
      <NotFoundNotice title="There is no such page" way={{ href: '/jobs', label: 'Go to the jobs' }}>
        The address may be mistyped, or what it named belongs to another organisation.
      </NotFoundNotice>
    </main>
  )
}
