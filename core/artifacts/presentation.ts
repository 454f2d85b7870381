import { create } from 'content-disposition'

/** Types that a browser may show by itself, and as what: none of them can run anything or reach anything. */
const SHOWN = new Map([
  ['image/png', 'image/png'],
  ['image/jpeg', 'image/jpeg'],
  ['image/gif', 'image/gif'],
  ['image/webp', 'image/webp'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['text/csv', 'text/plain; charset=utf-8'],
  ['application/json', 'text/plain; charset=utf-8'],
])

/** Headers under which the store hands a file out. */
export type Presentation = { contentType: string; disposition: string }

/**
 * How a file is presented to a browser. It is named and saved, never run: HTML, SVG and whatever else is not known to be harmless
 * goes as plain bytes.
 * @param inline show it instead of saving it, where its type is one of the harmless ones
 */
export function presentation(
  { path, contentType }: { path: string; contentType: string },
  inline = false,
): Presentation {
  const shown = SHOWN.get(contentType)
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    contentType: shown ?? 'application/octet-stream',
    disposition: create(name, { type: inline && shown !== undefined ? 'inline' : 'attachment' }),
  }
}

/** True for an image that pages may show. */
export function isShownImage(contentType: string): boolean {
  return contentType.startsWith('image/') && SHOWN.has(contentType)
}
