/** How much of something is done. `label` says of what; a bar whose end is not known has no `done`. */
export function Progress({ label, done, all }: { label: string; done?: number; all?: number }) {
  const percent = done === undefined || !all ? undefined : Math.min(100, Math.floor((done / all) * 100))
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== undefined && { 'aria-valuenow': percent })}
      className="h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className={`h-full rounded-full bg-busy ${percent === undefined ? 'w-full animate-pulse opacity-60' : ''}`}
        style={percent === undefined ? {} : { width: `${percent}%` }}
      />
    </div>
  )
}
