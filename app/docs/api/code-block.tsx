import { CopyButton } from '../../ui/copy-button'

/** Something to be copied. Long lines are wrapped, so that nothing has to be scrolled aside. */
export function CodeBlock({ title, what, text }: { title: string; what: string; text: string }) {
  return (
    <div className="min-w-0 overflow-hidden rounded-md border border-line bg-log">
      <div className="flex min-h-8 items-center justify-between gap-2 border-b border-line bg-sunken/60 px-3 text-xs text-muted">
        <span>{title}</span>
        <CopyButton text={text} what={what} />
      </div>
      <pre className="px-3 py-2 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere">{text}</pre>
    </div>
  )
}
