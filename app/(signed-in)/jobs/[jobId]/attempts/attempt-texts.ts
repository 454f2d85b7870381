import type { AttemptView } from '../../../../../core/attempts/list-attempts'

const PHASES: Record<AttemptView['phase'], string> = {
  placed: 'on its way to the box',
  claimed: 'running',
  exited: 'ending',
  closed: 'over',
}

const ENDS: Record<NonNullable<AttemptView['endedBy']>, string> = {
  script: 'the script ended',
  deadline: 'its time was up',
  cancel: 'cancelled',
  no_output: 'printed nothing for too long',
  outside: 'ended by somebody on the box',
}

const CLOSINGS: Record<NonNullable<AttemptView['closedBy']>, string | undefined> = {
  done: undefined,
  fenced: 'given up before it began',
  reaped: 'the box was looked after',
  released: 'the box was released by hand',
}

/** How far an attempt is. */
export function phaseText({ phase }: Pick<AttemptView, 'phase'>): string {
  return PHASES[phase]
}

/** Why an attempt ended, in the words that are known; empty while it lives. */
export function endText(attempt: Pick<AttemptView, 'endedBy' | 'exitCode' | 'signal' | 'closedBy' | 'error'>): string {
  const { endedBy, exitCode, signal, closedBy, error } = attempt
  const how = signal !== null ? `by ${signal}` : exitCode !== null ? `with code ${exitCode}` : undefined
  const end = endedBy === 'script' && how ? `script ended ${how}` : endedBy && [ENDS[endedBy], how && `(${how})`]
  const texts = [[end ?? []].flat().filter(Boolean).join(' '), closedBy && CLOSINGS[closedBy], error]
  return texts.filter(Boolean).join('; ')
}
