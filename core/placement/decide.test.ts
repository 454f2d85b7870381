import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BoxId, JobId } from '../ids'
import { type CandidateBox, type Decision, decide, isTarget, reasonsFor, type WaitingJob } from './decide'

const NOW = new Date('2026-11-23T12:00:00Z')

function box(name: string, more: Partial<CandidateBox> = {}): CandidateBox {
  return {
    id: `box_${name}` as BoxId,
    name,
    online: true,
    draining: false,
    canCallBack: true,
    callBackDetail: null,
    identityMismatch: false,
    lockHolder: null,
    labels: {},
    nets: [],
    groupIds: [],
    slots: 1,
    freeSlots: [0],
    ...more,
  }
}

function job(name: string, more: Partial<WaitingJob> = {}): WaitingJob {
  const requires = more.requires ?? []
  return {
    id: `job_${name}` as JobId,
    requirementKey: JSON.stringify([more.targetKind, more.targetId, requires]),
    targetKind: 'any',
    targetId: null,
    requires,
    submittedBy: 'user:ada',
    priority: 0,
    runnableAt: NOW,
    restingOn: new Map(),
    ...more,
  }
}

const placed = (boxes: CandidateBox[], jobs: WaitingJob[], onBoxes = new Map<string, number>()) =>
  decide({ boxes, jobs, onBoxes, now: NOW }).placements.map(({ jobId, boxId }) => [jobId, boxId])

const firstReason = (one: CandidateBox, wanted: WaitingJob) =>
  decide({ boxes: [one], jobs: [wanted], onBoxes: new Map(), now: NOW }).waits.get(wanted.requirementKey)?.[0]?.code

describe('why a box does not fit', () => {
  const uart = { name: 'u1', type: 'UART' }
  test.each<[string, CandidateBox, WaitingJob, string | undefined]>([
    ['it fits', box('a'), job('1'), undefined],
    ['label', box('a', { labels: { dut: 'stm32' } }), job('1', { requires: ['dut=nrf52840'] }), 'label_mismatch'],
    ['too few nets', box('a', { nets: [uart] }), job('1', { requires: ['net:UART>=2'] }), 'missing_net'],
    ['enough nets, any case', box('a', { nets: [uart] }), job('1', { requires: ['net:uart'] }), undefined],
    ['offline', box('a', { online: false }), job('1'), 'box_offline'],
    ['no call back', box('a', { canCallBack: false }), job('1'), 'cannot_call_back'],
    ['draining', box('a', { draining: true }), job('1'), 'box_draining'],
    ['swapped', box('a', { identityMismatch: true }), job('1'), 'identity_mismatch'],
    ['leased', box('a', { freeSlots: [] }), job('1'), 'box_leased'],
    ['locked by a person', box('a', { lockHolder: 'eve' }), job('1'), 'box_locked_outside'],
    ['rests', box('a'), job('1', { restingOn: new Map([['box_a', new Date(NOW.getTime() + 1)]]) }), 'box_resting'],
    ['has rested', box('a'), job('1', { restingOn: new Map([['box_a', NOW]]) }), undefined],
    ['target gone', box('a'), job('1', { targetKind: 'box', targetId: 'box_z' }), 'no_such_target'],
    ['not of the group', box('a'), job('1', { targetKind: 'group', targetId: 'group_1' }), 'no_such_target'],
    [
      'of the group',
      box('a', { groupIds: ['group_1'] }),
      job('1', { targetKind: 'group', targetId: 'group_1' }),
      undefined,
    ],
  ])('%s', (_, one, wanted, code) => {
    expect(firstReason(one, wanted)).toBe(code)
  })
})

test('priority goes first, then age', () => {
  const old = job('old', { runnableAt: new Date(NOW.getTime() - 1) })
  expect(placed([box('a')], [job('new'), old])).toEqual([['job_old', 'box_a']])
  expect(placed([box('a')], [old, job('urgent', { priority: 1 })])).toEqual([['job_urgent', 'box_a']])
})

test('submitters share: whoever has fewest jobs on boxes goes first', () => {
  const ada = job('1', { runnableAt: new Date(NOW.getTime() - 1) })
  const bob = job('2', { submittedBy: 'user:bob' })
  expect(placed([box('a')], [ada, bob], new Map([['user:ada', 3]]))).toEqual([['job_2', 'box_a']])
})

test('the box that others want least is given away first', () => {
  const special = box('a-special', { labels: { dut: 'nrf52840' } })
  const plain = box('b-plain')
  expect(placed([special, plain], [job('1')])).toEqual([['job_1', 'box_b-plain']])
  const wants = job('2', { requires: ['dut=nrf52840'] })
  expect(placed([special, plain], [job('1'), wants])).toEqual([
    ['job_1', 'box_b-plain'],
    ['job_2', 'box_a-special'],
  ])
})

test('a job that cannot run blocks nobody behind it', () => {
  const stuck = job('1', { requires: ['dut=none'], priority: 9 })
  expect(placed([box('a')], [stuck, job('2')])).toEqual([['job_2', 'box_a']])
})

const fleets = fc.array(
  fc.record({
    slots: fc.integer({ min: 1, max: 3 }),
    online: fc.boolean(),
    dut: fc.constantFrom('x', 'y'),
  }),
  { maxLength: 6 },
)
const queues = fc.array(
  fc.record({
    dut: fc.constantFrom('x', 'y', undefined),
    by: fc.constantFrom('a', 'b'),
    priority: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 15 },
)

test('whatever the fleet and queue: no slot twice, no job twice, only fitting boxes, and nobody waits beside a box that fits', () => {
  fc.assert(
    fc.property(fleets, queues, (fleet, queue) => {
      const boxes = fleet.map(({ slots, online, dut }, i) =>
        box(`b${i}`, { slots, online, labels: { dut }, freeSlots: Array.from({ length: slots }, (_, s) => s) }),
      )
      const jobs = queue.map(({ dut, by, priority }, i) =>
        job(`j${i}`, { requires: dut ? [`dut=${dut}`] : [], submittedBy: by, priority }),
      )
      const { placements } = decide({ boxes, jobs, onBoxes: new Map(), now: NOW })
      expect(new Set(placements.map((p) => `${p.boxId} ${p.slot}`)).size).toBe(placements.length)
      expect(new Set(placements.map((p) => p.jobId)).size).toBe(placements.length)
      const left = jobs.filter((one) => !placements.some((p) => p.jobId === one.id))
      for (const { jobId, boxId } of placements) {
        const [one, at] = [jobs.find((j) => j.id === jobId), boxes.find((b) => b.id === boxId)]
        expect(at?.online && (!one?.requires[0] || one.requires[0] === `dut=${at.labels.dut}`)).toBe(true)
      }
      for (const one of left) {
        const free = boxes.filter((b) => b.online && placements.filter((p) => p.boxId === b.id).length < b.slots)
        expect(free.some((b) => !one.requires[0] || one.requires[0] === `dut=${b.labels.dut}`)).toBe(false)
      }
    }),
  )
})

/** The rules as they are written, one job after the other, each with a look at every box. */
function plainly(boxes: CandidateBox[], jobs: WaitingJob[], onBoxes: ReadonlyMap<string, number>): Decision {
  const left = new Map(boxes.map((one) => [one.id, [...one.freeSlots]]))
  const now = () => boxes.map((one) => ({ ...one, freeSlots: left.get(one.id) ?? [] }))
  const fits = (one: CandidateBox, wanted: WaitingJob) =>
    isTarget(one, wanted) && reasonsFor([one], wanted, NOW)[0]?.code === 'no_free_box'
  const asIfIdle = (one: CandidateBox) => box(one.name, { labels: one.labels, nets: one.nets, groupIds: one.groupIds })
  const kinds = [...new Map(jobs.map((one) => [one.requirementKey, one])).values()]
  const demand = (one: CandidateBox) =>
    kinds.filter((wanted) => fits(asIfIdle(one), { ...wanted, restingOn: new Map() })).length +
    (one.nets.length + Object.keys(one.labels).length) / 1_000
  const share = new Map(onBoxes)
  const of = (wanted: WaitingJob) => share.get(wanted.submittedBy) ?? 0
  const waiting = [...jobs]
  const decided: Decision = { placements: [], waits: new Map() }
  for (;;) {
    const age = (a: WaitingJob, b: WaitingJob) => a.runnableAt.getTime() - b.runnableAt.getTime()
    waiting.sort((a, b) => b.priority - a.priority || of(a) - of(b) || age(a, b) || (a.id < b.id ? -1 : 1))
    const next = waiting.shift()
    if (!next) return decided
    const best = now()
      .filter((one) => fits(one, next))
      .sort((a, b) => demand(a) - demand(b) || (a.name < b.name ? -1 : 1))[0]
    const slot = best && left.get(best.id)?.shift()
    if (best && slot !== undefined) {
      decided.placements.push({ jobId: next.id, boxId: best.id, slot })
      share.set(next.submittedBy, of(next) + 1)
    } else if (!decided.waits.has(next.requirementKey)) {
      const targeted = now().filter((one) => isTarget(one, next))
      decided.waits.set(next.requirementKey, reasonsFor(targeted, next, NOW))
    }
  }
}

const anyFleet = fc.array(
  fc.record({
    ...{ slots: fc.integer({ min: 0, max: 2 }), online: fc.boolean(), draining: fc.boolean() },
    ...{ dut: fc.constantFrom('a', 'b'), uarts: fc.integer({ min: 0, max: 2 }), group: fc.constantFrom('g1', 'g2') },
  }),
  { maxLength: 6 },
)
const anyQueue = fc.array(
  fc.record({
    ...{ target: fc.constantFrom('any', 'g1', 'g2', 'b0', 'b9'), by: fc.constantFrom('ada', 'bob', 'cem') },
    ...{ requires: fc.subarray(['dut=a', 'net:UART>=2']), priority: fc.integer({ min: 0, max: 1 }) },
    ...{ age: fc.integer({ min: 0, max: 3 }), restsOn: fc.subarray(['box_b0', 'box_b1']) },
  }),
  { maxLength: 12 },
)

test('whatever the fleet and queue: decided as by a plain reading of the rules', () => {
  fc.assert(
    fc.property(anyFleet, anyQueue, fc.integer({ min: 0, max: 2 }), (fleet, queue, adas) => {
      const boxes = fleet.map(({ slots, dut, uarts, group, ...more }, i) =>
        box(`b${i}`, {
          ...{ ...more, slots, labels: { dut }, groupIds: [group] },
          nets: Array.from({ length: uarts }, (_, n) => ({ name: `u${n}`, type: 'UART' })),
          freeSlots: Array.from({ length: slots }, (_, s) => s),
        }),
      )
      const jobs = queue.map(({ target, by, requires, priority, age, restsOn }, i) =>
        job(`j${i}`, {
          ...(target === 'any' ? {} : { targetKind: target.startsWith('g') ? 'group' : 'box' }),
          ...(target === 'any' ? {} : { targetId: target.startsWith('g') ? target : `box_${target}` }),
          ...{ requires, priority, submittedBy: `user:${by}`, runnableAt: new Date(NOW.getTime() - age * 1_000) },
          restingOn: new Map(restsOn.map((id) => [id as BoxId, new Date(NOW.getTime() + 60_000)])),
        }),
      )
      const onBoxes = new Map([['user:ada', adas]])
      expect(decide({ boxes, jobs, onBoxes, now: NOW })).toEqual(plainly(boxes, jobs, onBoxes))
    }),
    { numRuns: 500 },
  )
})
