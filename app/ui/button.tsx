import type { ComponentProps } from 'react'
import { classes } from './classes'

type Look = 'primary' | 'plain' | 'danger' | 'quiet'

const BASE =
  'inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium no-underline hover:no-underline disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55'
const SIZES = { small: 'h-7 px-2 text-xs', normal: 'h-8 px-3 text-[0.8125rem]' }
const LOOKS: Record<Look, string> = {
  primary: 'border-transparent bg-accent text-on-accent enabled:hover:brightness-110',
  plain: 'border-line bg-surface text-ink hover:enabled:bg-sunken',
  danger: 'border-bad/50 bg-surface text-bad enabled:not-aria-disabled:hover:bg-bad/10',
  quiet: 'border-transparent bg-transparent text-muted enabled:hover:bg-sunken enabled:hover:text-ink',
}

/** The classes of a button, for links that look like one. */
export function buttonClasses(look: Look = 'plain', size: keyof typeof SIZES = 'normal'): string {
  return classes(BASE, SIZES[size], LOOKS[look])
}

export type ButtonProps = ComponentProps<'button'> & { look?: Look; size?: keyof typeof SIZES }

export function Button({ look, size, className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={classes(buttonClasses(look, size), className)} {...rest} />
}
