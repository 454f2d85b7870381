import { classes } from './classes'

/** The product's sign and name. */
export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={classes('inline-flex items-center gap-2 font-semibold tracking-tight text-ink', className)}>
      <svg aria-hidden="true" viewBox="0 0 32 32" className="size-[1.5em]">
        <rect width="32" height="32" rx="7" className="fill-accent" />
        <g fill="none" className="stroke-on-accent" strokeWidth="2.6" strokeLinejoin="round">
          <path d="M9 8h12l-1.600 17H10.600z" />
          <path d="M9.700 14h10.700M21 12h2.500v8h-3" />
        </g>
      </svg>
      Stout
    </span>
  )
}
