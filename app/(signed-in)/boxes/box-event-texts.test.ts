import { expect, test } from 'vitest'
import { boxEventText } from './box-event-texts'

test.each([
  ['box_added', { address: 'h:5000' }, 'Added', 'h:5000'],
  [
    'box_edited',
    { changes: { draining: { from: false, to: true }, labels: { from: {}, to: {} }, token: {} } },
    ...['Changed', 'draining: no → yes; labels; token'],
  ],
  ['box_changed', { changed: ['status'], status: 'offline', detail: 'unreachable' }, 'Offline', 'unreachable'],
  [
    'box_changed',
    { changed: ['status', 'nets', 'lockHolder'], status: 'online', lockHolder: null },
    'Online, Other nets',
  ],
  ['box_changed', { changed: ['lockHolder'], lockHolder: 'ada' }, 'Locked outside of Stout by ada'],
  ['box_changed', { changed: ['lockHolder'], lockHolder: null }, 'Unlocked'],
  ['box_changed', { changed: ['canCallBack'], canCallBack: false, detail: 'x' }, 'It cannot reach Stout', 'x'],
  ['box_changed', { changed: ['canCallBack'], canCallBack: true, detail: null }, 'It reaches Stout again'],
  ['identity_mismatch', { found: 'b', registered: 'a' }, 'Another box answers at its address', 'b instead of a'],
  ['identity_accepted', { from: null, to: 'b' }, 'Another box was accepted', 'b instead of an unknown one'],
  ['box_released', { jobName: 'burn-in', reason: 'unplugged' }, 'Released from burn-in by hand', 'unplugged'],
  ['remains_removed', { jobName: 'burn-in', ended: 0 }, 'Cleared of what was left of burn-in'],
  [
    'remains_removed',
    { jobName: 'burn-in', ended: 1 },
    'Cleared of what was left of burn-in',
    'one process of it still ran',
  ],
  [
    'remains_removed',
    { jobName: 'burn-in', ended: 2 },
    'Cleared of what was left of burn-in',
    '2 processes of it still ran',
  ],
  ['something_new', {}, 'something new'],
] as [string, Record<string, unknown>, string, string?][])('%s with %j reads %j', (type, data, title, detail) => {
  expect(boxEventText({ type, data })).toEqual({ title, ...(detail && { detail }) })
})
