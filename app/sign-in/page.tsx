import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { caller } from '../data/server'
import { Link } from '../ui/link'
import { Wordmark } from '../ui/wordmark'
import { safeNextPath } from './next-path'
import { SignInForm } from './sign-in-form'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const next = safeNextPath((await searchParams).next)
  if (await caller()) redirect(next)
  return (
    <main className="mx-auto flex w-full max-w-sm flex-1 flex-col justify-center gap-6 px-4 py-10">
      <Wordmark className="self-center text-lg" />
      <section aria-labelledby="sign-in" className="rounded-lg border border-line bg-surface p-6">
        <h1 id="sign-in" className="mb-4 text-lg font-semibold">
          Sign in
        </h1>
        <SignInForm next={next} />
      </section>
      <p className="text-center text-muted">Runs Python jobs on a shared fleet of hardware-test boxes.</p>
      <Link href="/docs/api" className="self-center">
        API reference
      </Link>
    </main>
  )
}
