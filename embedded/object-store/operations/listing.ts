import { S3Error } from '../errors'
import { parameter } from '../request'
import type { Call } from './operation'

/** How names are written in a listing: as they are, or percent-encoded when the client asks for that. */
export function nameEncoder({ request }: Call): (name: string) => string {
  const encoding = parameter(request, 'encoding-type')
  if (encoding === undefined) return (name) => name
  if (encoding !== 'url') throw new S3Error('InvalidArgument', 'encoding-type can only be url.')
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%20', '+')
}

/** The first bytes behind everything that begins with `prefix`. No UTF-8 begins with 0xff. */
export function behind(prefix: Buffer): Buffer {
  if (prefix.length === 0) return Buffer.from([0xff])
  const end = Buffer.from(prefix)
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1
  return end
}
