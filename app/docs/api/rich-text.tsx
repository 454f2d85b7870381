import { Fragment } from 'react'

/** Text of the document: paragraphs at blank lines, code between backticks. */
export function RichText({ text, className }: { text: string; className?: string }) {
  return text.split(/\n\s*\n/).map((paragraph) => (
    <p key={paragraph} className={className}>
      <Inline text={paragraph} />
    </p>
  ))
}

/** One run of text with code in it. */
export function Inline({ text }: { text: string }) {
  if (!text.includes('`')) return text
  return text.split('`').map((piece, index) => {
    const key = `${index}${piece}`
    if (index % 2 === 0) return <Fragment key={key}>{piece}</Fragment>
    return (
      <code key={key} className="rounded bg-sunken px-1 text-[0.9em] wrap-anywhere">
        {piece}
      </code>
    )
  })
}
