import type { Account } from '../../core/access/get-account'
import { ConnectionBanner } from '../live/connection-banner'
import { Link } from '../ui/link'
import { Wordmark } from '../ui/wordmark'
import { NavLink } from './nav-link'
import { SignOutButton } from './sign-out-button'

/** Where one can go, for whom, and the way out. */
export function Header({ account }: { account: Account }) {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <div className="mx-auto flex max-w-[110rem] flex-wrap items-center gap-x-6 px-4 sm:px-6">
        <Link href="/" className="py-3 hover:no-underline" aria-label="Stout">
          <Wordmark />
        </Link>
        <nav aria-label="Main" className="order-last -mx-2 flex basis-full gap-1 sm:order-none sm:basis-auto">
          <NavLink href="/">Overview</NavLink>
          <NavLink href="/jobs" except="/jobs/new">
            Jobs
          </NavLink>
          <NavLink href="/boxes">Boxes</NavLink>
          <NavLink href="/groups">Groups</NavLink>
          <NavLink href="/jobs/new">New job</NavLink>
        </nav>
        <div className="ml-auto flex min-w-0 items-center gap-3">
          <div className="flex min-w-0 flex-col text-right leading-tight">
            <span className="truncate text-xs font-medium">{account.organisation.name}</span>
            <Link
              href="/account"
              className="truncate text-xs text-muted"
              title={`Account of ${account.user.email} (${account.role})`}
            >
              {account.user.name}
            </Link>
          </div>
          <SignOutButton />
        </div>
      </div>
      <ConnectionBanner />
    </header>
  )
}
