/** Short texts in a row; a dash where there are none. */
export function Chips({ texts }: { texts: readonly { text: string; title?: string }[] }) {
  if (texts.length === 0) return <span className="text-muted">–</span>
  return (
    <ul className="flex min-w-0 flex-wrap gap-1">
      {texts.map(({ text, title }) => (
        <li
          key={text}
          title={title}
          className="max-w-56 truncate rounded border border-line bg-sunken/60 px-1.5 text-xs leading-5 whitespace-nowrap"
        >
          {text}
        </li>
      ))}
    </ul>
  )
}
