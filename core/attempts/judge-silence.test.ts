import { expect, test } from 'vitest'
import type { ReapVerdict, Remains } from '../channels/reap'
import { judgeSilence } from './judge-silence'

const LOST_AFTER = 300
const IDENTITY = { lagerBoxId: 'bench-1', hostname: 'bench', bootId: 'boot-1', python: '3.11.2', pid: 1 }

const silent = (silentSeconds: number, overdueSeconds = -1_000, identity: typeof IDENTITY | null = IDENTITY) => ({
  silentSeconds,
  overdueSeconds,
  identity,
})
const gone = (remains: Partial<Remains> = {}): ReapVerdict => ({
  kind: 'gone',
  remains: {
    bootId: 'boot-1',
    lagerBoxId: 'bench-1',
    ended: 0,
    quiet: true,
    told: true,
    lines: 0,
    lost: 0,
    removed: true,
    log: '',
    ...remains,
  },
})
const unreachable: ReapVerdict = { kind: 'unreachable', detail: 'nobody listens there' }

test.each([
  ['a box that cannot be asked, before the lost limit', silent(299), unreachable, 'leave'],
  ['a box that cannot be asked, from the lost limit on', silent(300), unreachable, 'fail'],
  ['a supervisor that runs, however long it is silent', silent(9_999, 299), { kind: 'alive' } as const, 'leave'],
  ['a supervisor that runs, with its deadline long past', silent(300, 300), { kind: 'alive' } as const, 'fail'],
  [
    'a supervisor that is in time again, with its deadline long past',
    silent(30, 300),
    { kind: 'alive' } as const,
    'leave',
  ],
  ['a supervisor that is gone', silent(25), gone(), 'close'],
  ['leftovers that could not be ended', silent(25), gone({ quiet: false, told: false }), 'fail'],
  ['lines that could not be told yet', silent(25), gone({ told: false }), 'leave'],
  ['lines that could not be told until the lost limit', silent(300), gone({ told: false }), 'close'],
  ['another box at the address', silent(299), gone({ lagerBoxId: 'bench-2' }), 'leave'],
  ['another box at the address, from the lost limit on', silent(300), gone({ lagerBoxId: 'bench-2' }), 'fail'],
  ['a box that does not know its name', silent(25), gone({ lagerBoxId: 'unknown' }), 'close'],
  ['a box of which nobody asked the name', silent(25, 0, null), gone({ lagerBoxId: 'bench-2' }), 'close'],
])('%s', (_, who, verdict, kind) => {
  expect(judgeSilence(who, verdict, LOST_AFTER).kind).toBe(kind)
})

test('a job is failed for silence only if it was not heard of meanwhile', () => {
  expect(judgeSilence(silent(300), unreachable, LOST_AFTER)).toMatchObject({ unlessHeardWithinSeconds: 300 })
  expect(judgeSilence(silent(300), gone({ quiet: false }), LOST_AFTER)).not.toHaveProperty('unlessHeardWithinSeconds')
})

test('what was found is said in words', () => {
  const why = (verdict: ReapVerdict) => {
    const judgement = judgeSilence(silent(300), verdict, LOST_AFTER)
    return judgement.kind === 'leave' ? '' : judgement.why
  }
  expect(why(unreachable)).toBe('no contact for 300 s (nobody listens there)')
  expect(why(gone())).toBe('the supervisor is gone')
  expect(why(gone({ bootId: 'boot-2', ended: 2, lines: 7, lost: 1 }))).toBe(
    'the box was restarted; 2 leftover processes were ended; 7 lines were recovered; 1 lines could not be recovered',
  )
  expect(why(gone({ told: false }))).toMatch(/what it had not told could not be recovered/)
  expect(why(gone({ lagerBoxId: 'bench-2' }))).toMatch(/another box, bench-2, answers/)
})
