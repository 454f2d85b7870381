import { formatBytes, formatCount, formatCountOf } from '../../../../ui/format'
import type { ListedFile } from './content'

/** As many files as are listed one by one. */
const LISTED = 500

/** The files of a bundle with their sizes, folded away. */
export function FileList({ files }: { files: readonly ListedFile[] }) {
  const more = files.length - LISTED
  return (
    <details className="rounded-md border border-line">
      <summary className="px-3 py-1.5 text-[0.8125rem] font-medium">{formatCountOf(files.length, 'file')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <ul tabIndex={0} aria-label="Files of the bundle" className="max-h-72 overflow-y-auto border-t border-line py-1">
        {files.slice(0, LISTED).map(({ path, sizeBytes }) => (
          <li key={path} className="flex items-baseline justify-between gap-4 px-3 py-0.5 text-xs">
            <span className="min-w-0 font-mono wrap-anywhere [unicode-bidi:isolate]">{path}</span>
            <span className="shrink-0 text-muted">{formatBytes(sizeBytes)}</span>
          </li>
        ))}
        {more > 0 && <li className="px-3 py-0.5 text-xs text-muted">and {formatCount(more)} more</li>}
      </ul>
    </details>
  )
}
