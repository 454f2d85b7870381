/**
 * The address that a request came from. Proxies of ours each add the address that they were asked from at the end of `X-Forwarded-For`;
 * what stands before those, anybody may have written.
 * @param proxies how many proxies of ours stand in front
 */
export function clientAddress(peer: string | undefined, forwardedFor: string | undefined, proxies: number): string {
  const hops = forwardedFor?.split(',').map((hop) => hop.trim()) ?? []
  const told = proxies > 0 ? hops.at(-proxies) : undefined
  return told || peer || 'unknown'
}
