import { Link } from './link'

/** What programs need that people seldom look for. */
export function Footer() {
  return (
    <footer className="mx-auto flex w-full max-w-[110rem] flex-wrap gap-x-4 px-4 pb-4 text-xs text-muted sm:px-6">
      <Link href="/docs/api">API reference</Link>
      <a href="/api/v1/openapi.json">openapi.json</a>
    </footer>
  )
}
