import { type Checksum, checksumHeader } from '../body/checksums'

/** A checksum as the headers of an answer tell it. */
export function checksumHeaders(checksum: Checksum | null): Record<string, string> {
  if (!checksum) return {}
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksumType(checksum) }
}

/** A checksum as XML tells it. */
export function checksumElements(checksum: Checksum | null): Record<string, string> {
  if (!checksum) return {}
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksumType(checksum) }
}

export function checksumType({ value }: Checksum): 'COMPOSITE' | 'FULL_OBJECT' {
  return value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT'
}
