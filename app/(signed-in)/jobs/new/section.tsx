import { type ReactNode, useId } from 'react'

/** A titled part of the form. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="flex flex-col gap-5 rounded-lg border border-line bg-surface p-4 sm:p-5">
      <h2 id={id} className="text-[0.9375rem] font-semibold">
        {title}
      </h2>
      {children}
    </section>
  )
}
