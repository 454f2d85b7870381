import { type ReactNode, useId } from 'react'

/** A titled part of a page. `actions` stand beside the title. */
export function Panel({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="min-w-0 overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 id={id} className="text-[0.8125rem] font-semibold">
          {title}
        </h2>
        {actions}
      </div>
      {children}
    </section>
  )
}
