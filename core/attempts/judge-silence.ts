import type { ReapVerdict, Remains } from '../channels/reap'
import type { Silent } from './find-silent'

/** What becomes of a silent attempt: left alone for now, its job failed while it stays open (unless it was heard of meanwhile), or closed. `why` is for people. */
export type Judgement =
  | { kind: 'leave' }
  | { kind: 'fail'; why: string; unlessHeardWithinSeconds?: number }
  | { kind: 'close'; why: string; data: Record<string, unknown> }

/**
 * The rule by which jobs are lost. A supervisor that is gone is known to be; one that runs is left alone until its deadline is
 * past by the lost limit too; and where the box cannot be asked, the lost limit decides.
 */
export function judgeSilence(
  silent: Pick<Silent, 'silentSeconds' | 'overdueSeconds' | 'identity'>,
  verdict: ReapVerdict,
  lostAfterSeconds: number,
): Judgement {
  const lost = silent.silentSeconds >= lostAfterSeconds
  const overdue = silent.overdueSeconds >= lostAfterSeconds
  const fail = (why: string): Judgement => ({ kind: 'fail', why, unlessHeardWithinSeconds: silent.silentSeconds })
  const noContact = `no contact for ${Math.round(silent.silentSeconds)} s`
  if (verdict.kind === 'unreachable') return lost ? fail(`${noContact} (${verdict.detail})`) : LEAVE
  if (verdict.kind === 'alive') return lost && overdue ? fail(`${noContact}, though its supervisor runs`) : LEAVE
  const { remains } = verdict
  const other = anotherBox(silent, remains)
  if (other) return judgeSilence(silent, { kind: 'unreachable', detail: other }, lostAfterSeconds)
  const why = whatWasFound(silent, remains)
  if (!remains.quiet) return { kind: 'fail', why: `${why}; something of it could not be ended` }
  if (!remains.told && !lost && !overdue) return LEAVE
  const { ended, lines, lost: lostLines, bootId } = remains
  return { kind: 'close', why, data: { ended, recoveredLines: lines, lostLines, bootId } }
}

const LEAVE: Judgement = { kind: 'leave' }

/** That nothing is found on another box says nothing. */
function anotherBox({ identity }: Pick<Silent, 'identity'>, { lagerBoxId }: Remains): string | undefined {
  const known = identity && identity.lagerBoxId !== 'unknown' && lagerBoxId !== 'unknown'
  return known && identity.lagerBoxId !== lagerBoxId ? `another box, ${lagerBoxId}, answers at its address` : undefined
}

function whatWasFound({ identity }: Pick<Silent, 'identity'>, remains: Remains): string {
  const restarted = identity !== null && identity.bootId !== remains.bootId
  return [
    restarted ? 'the box was restarted' : 'the supervisor is gone',
    remains.ended > 0 && `${remains.ended} leftover processes were ended`,
    remains.lines > 0 && `${remains.lines} lines were recovered`,
    remains.lost > 0 && `${remains.lost} lines could not be recovered`,
    remains.quiet && !remains.told && 'what it had not told could not be recovered',
  ]
    .filter(Boolean)
    .join('; ')
}
