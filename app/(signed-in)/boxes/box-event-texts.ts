import type { EventView } from '../../../core/events/list-events'
import type { EventText } from '../jobs/event-texts'

type Told = Pick<EventView, 'type' | 'data'>

/** What happened to a box, in plain words. */
export function boxEventText({ type, data }: Told): EventText {
  const text = (key: string) => (typeof data[key] === 'string' && data[key] !== '' ? String(data[key]) : undefined)
  switch (type) {
    case 'box_added':
      return withDetail('Added', text('address'))
    case 'box_edited':
      return withDetail('Changed', editsText(data.changes))
    case 'box_removed':
      return { title: 'Removed' }
    case 'box_released':
      return withDetail(`Released from ${text('jobName') ?? 'a job'} by hand`, text('reason'))
    case 'remains_removed':
      return withDetail(`Cleared of what was left of ${text('jobName') ?? 'a job'}`, endedText(data.ended))
    case 'box_rebooted':
      return { title: 'The machine was started anew' }
    case 'box_changed':
      return changeText(data)
    case 'identity_mismatch':
      return withDetail('Another box answers at its address', `${text('found')} instead of ${text('registered')}`)
    case 'identity_restored':
      return withDetail('The right box answers again', text('found'))
    case 'identity_accepted':
      return withDetail('Another box was accepted', `${text('to')} instead of ${text('from') ?? 'an unknown one'}`)
    default:
      return { title: type.replaceAll('_', ' ') }
  }
}

function endedText(ended: unknown): string | undefined {
  if (typeof ended !== 'number' || ended < 1) return undefined
  return ended === 1 ? 'one process of it still ran' : `${ended} processes of it still ran`
}

/** What a probe saw change. */
function changeText(data: EventView['data']): EventText {
  const changed = Array.isArray(data.changed) ? data.changed.map(String) : []
  const detail = typeof data.detail === 'string' ? data.detail : undefined
  if (changed.includes('canCallBack')) {
    return data.canCallBack ? { title: 'It reaches Stout again' } : withDetail('It cannot reach Stout', detail)
  }
  const titles = [
    changed.includes('status') && (data.status === 'online' ? 'Online' : 'Offline'),
    changed.includes('version') && `Runtime ${data.version}`,
    changed.includes('nets') && 'Other nets',
    changed.includes('lockHolder') && (data.lockHolder ? `Locked outside of Stout by ${data.lockHolder}` : 'Unlocked'),
  ].filter((title) => title !== false)
  const shown = titles.filter((title) => title !== 'Unlocked' || titles.length === 1)
  return withDetail(shown.join(', ') || 'Seen', detail)
}

/** `draining: no → yes; labels`: values where they are short. */
function editsText(changes: unknown): string | undefined {
  if (typeof changes !== 'object' || changes === null) return undefined
  const edits = Object.entries(changes as Record<string, { from?: unknown; to?: unknown }>)
  return edits
    .map(([field, { from, to }]) => (isShort(from) && isShort(to) ? `${field}: ${value(from)} → ${value(to)}` : field))
    .join('; ')
}

const isShort = (given: unknown) => ['string', 'number', 'boolean'].includes(typeof given)

function value(given: unknown): string {
  if (typeof given === 'boolean') return given ? 'yes' : 'no'
  return String(given)
}

function withDetail(title: string, detail: string | undefined): EventText {
  return { title, ...(detail && { detail }) }
}
