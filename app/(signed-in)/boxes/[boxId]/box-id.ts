import type { BoxId } from '../../../../core/ids'

/** The id in an address, if it can be one. */
export function readBoxId(text: string): BoxId | undefined {
  return /^box_[0-9a-z]{1,80}$/.test(text) ? (text as BoxId) : undefined
}
