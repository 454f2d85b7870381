import { classes } from '../../ui/classes'

const COLOURS: Record<string, string> = { GET: 'text-busy', POST: 'text-good', PATCH: 'text-warn', DELETE: 'text-bad' }

export function Method({ method, className }: { method: string; className?: string }) {
  return <span className={classes('font-mono text-xs font-semibold', COLOURS[method], className)}>{method}</span>
}

/** A path that may be broken at its slashes. */
export function Path({ path }: { path: string }) {
  return path.split('/').map((part, index) => (
    <span key={path.split('/', index + 1).join('/')}>
      {index > 0 && (
        <>
          /<wbr />
        </>
      )}
      {part}
    </span>
  ))
}
