import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const NETS: readonly { why: string; nets: readonly [string, number, 'ipv4' | 'ipv6'][] }[] = [
  {
    why: 'a link-local address, where clouds keep their metadata',
    nets: [
      ['169.254.0.0', 16, 'ipv4'],
      ['::a9fe:0', 112, 'ipv6'], // the same, IPv4-compatible
      ['64:ff9b::a9fe:0', 112, 'ipv6'], // the same behind NAT64
      ['2002:a9fe::', 32, 'ipv6'], // the same by 6to4
      ['fe80::', 10, 'ipv6'],
    ],
  },
  {
    why: 'a metadata address of a cloud',
    nets: [
      ['100.100.100.200', 32, 'ipv4'],
      ['168.63.129.16', 32, 'ipv4'],
      ['fd00:ec2::254', 128, 'ipv6'],
      ['fd20:ce::254', 128, 'ipv6'],
    ],
  },
  {
    why: 'no address of a machine',
    nets: [
      ['0.0.0.0', 8, 'ipv4'],
      ['224.0.0.0', 3, 'ipv4'], // multicast, reserved, broadcast
      ['::', 128, 'ipv6'],
      ['ff00::', 8, 'ipv6'],
    ],
  },
]

const LISTS = NETS.map(({ why, nets }) => {
  const list = new BlockList()
  for (const [net, prefix, family] of nets) list.addSubnet(net, prefix, family)
  return { why, list }
})

/**
 * Why an IP address is none that Stout dials; undefined for one that it does, loopback and private ones included (boxes stand
 * in labs). IPv4 addresses are found in their IPv4-mapped form too.
 */
export function whyForbidden(ip: string): string | undefined {
  const [bare = ''] = ip.split('%') // fe80::1%eth0
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  return LISTS.find(({ list }) => list.check(bare, family))?.why
}

/**
 * The one spelling of a host, so that two of them can be compared: lower case, IPv4 dotted (`127.1` is 127.0.0.1), IPv6 short
 * and without brackets. Undefined when it is neither a host name nor an IP address.
 */
export function canonicalHost(text: string): string | undefined {
  const [bare = ''] = text.trim().split('%')
  const host = isIP(bare) === 6 ? `[${bare}]` : bare
  if (!/^(\[[0-9a-f:.]+\]|[^\s\p{Cc}/?#@\\:[\]]+)$/iu.test(host)) return undefined
  if (!URL.canParse(`http://${host}`)) return undefined
  const { hostname } = new URL(`http://${host}`)
  const canonical = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const isName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/.test(canonical)
  return isName || isIP(canonical) !== 0 ? canonical : undefined
}

/** A host leads, or a name resolves, to an address that Stout does not dial. */
class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS'
  constructor(host: string, ip: string, why: string) {
    super(host === ip ? `${ip} is ${why}` : `${host} resolves to ${ip}, which is ${why}`)
  }
}

/** @throws ForbiddenAddress for an IP address that Stout does not dial; a name is looked at when it was resolved */
export function checkLiteral(host: string): void {
  const why = isIP(host.split('%')[0] ?? '') === 0 ? undefined : whyForbidden(host)
  if (why) throw new ForbiddenAddress(host, host, why)
}

/**
 * Resolves a name for a connection and looks at what it resolved to, so that the address that was checked is the one that is
 * dialled. A name with one forbidden address among others is refused whole.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  const all: LookupAllOptions = { ...options, all: true }
  lookup(hostname, all, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
    if (error) return callback(error, '', 0)
    for (const { address } of found) {
      const why = whyForbidden(address)
      if (why) return callback(new ForbiddenAddress(hostname, address, why), '', 0)
    }
    const [first] = found
    if (options.all) callback(null, found)
    else callback(null, first?.address ?? '', first?.family ?? 0)
  })
}
