import { sameText } from './keys'

export const METRICS_REFUSAL =
  'Metrics are told to processes of this machine, or by STOUT_METRICS_TOKEN where it is set.'

/**
 * True if the sender of a request may read /metrics: whoever has the token where one is set, else processes of this machine
 * alone. A request that a proxy passed on does not count as of this machine, wherever the proxy runs.
 * @param peer address of the other end of the connection
 */
export function mayReadMetrics(
  token: string | undefined,
  request: { authorization: string | null; peer: string | undefined; forwarded: boolean },
): boolean {
  if (token !== undefined) return sameText(request.authorization ?? '', `Bearer ${token}`)
  return !request.forwarded && isLoopback(request.peer ?? '')
}

function isLoopback(address: string): boolean {
  const v4 = address.replace(/^::ffff:/, '')
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(v4)
}

const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** True if the headers, by their names in lower case, say that a proxy passed the request on. */
export function wasForwarded(headers: Record<string, unknown>): boolean {
  return FORWARDING_HEADERS.some((name) => headers[name] !== undefined)
}
