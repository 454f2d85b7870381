import NextLink from 'next/link'
import type { ComponentProps } from 'react'

export { useLinkStatus } from 'next/link'

/** A link to a page of Stout. Nothing is fetched before it is followed: what a page shows is live, and lists have hundreds of links. */
export function Link(props: Omit<ComponentProps<typeof NextLink>, 'prefetch'>) {
  return <NextLink {...props} prefetch={false} />
}
