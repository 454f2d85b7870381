import { Button } from './button'

/** A button that is on or off. */
export function Toggle({
  pressed,
  onPressed,
  children,
}: {
  pressed: boolean
  onPressed: (pressed: boolean) => void
  children: string
}) {
  return (
    <Button
      size="small"
      aria-pressed={pressed}
      onClick={() => onPressed(!pressed)}
      className="aria-pressed:border-accent aria-pressed:bg-accent/10"
    >
      <span
        aria-hidden="true"
        className={`size-1.5 rounded-full border ${pressed ? 'border-accent bg-accent' : 'border-line-strong'}`}
      />
      {children}
    </Button>
  )
}
