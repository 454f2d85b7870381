/** What tells of the next page in an answer: a cursor, or the number of a line as long as there are lines. */
type Page = { nextCursor?: string | number | null; nextFrom?: number; lineCount?: number }

/**
 * The header `Link` (RFC 8288) that leads to the next page of a list: the same request, with the cursor in the place of its own. No
 * header on the last page, and none for what is no list.
 */
export function nextPage({ url }: Request, output: unknown): { link?: string } {
  const { nextCursor = null, nextFrom = 0, lineCount = 0 } = output as Page
  const next = new URL(url)
  if (nextCursor !== null) next.searchParams.set('cursor', String(nextCursor))
  else if (nextFrom > 0 && nextFrom <= lineCount) next.searchParams.set('from', String(nextFrom))
  else return {}
  return { link: `<${next.pathname}${next.search}>; rel="next"` }
}
