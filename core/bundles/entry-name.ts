import { BUNDLE_LIMITS } from './limits'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const UTF8_FLAG = 0x800
const UNICODE_PATH_FIELD = 0x7075

type RawEntry = {
  fileNameRaw: Buffer
  generalPurposeBitFlag: number
  extraFields: readonly { id: number; data: Buffer }[]
}

/** A name as it is shown to people, also when it is no text. */
export function shown(name: string | Buffer): string {
  const text = typeof name === 'string' ? name : name.toString('latin1')
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

/**
 * The path of an entry, by its parts; or what is wrong with its name. Only names are taken that every unpacking program reads
 * alike: without the mark for UTF-8 each has its own idea of what other letters mean.
 */
export function partsOf({ fileNameRaw, generalPurposeBitFlag, extraFields }: RawEntry): string[] | { problem: string } {
  const name = decode(fileNameRaw)
  const isAscii = fileNameRaw.every((byte) => byte < 0x80)
  if (name === undefined || (!isAscii && (generalPurposeBitFlag & UTF8_FLAG) === 0)) {
    return { problem: 'has a name that is not UTF-8, or not marked as such; zip it with UTF-8 names' }
  }
  const other = extraFields.find(({ id }) => id === UNICODE_PATH_FIELD)
  if (other && decode(other.data.subarray(5)) !== name) return { problem: 'has two different names' }
  return partsOfName(name)
}

function decode(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}

function partsOfName(name: string): string[] | { problem: string } {
  if (name.includes('\0')) return { problem: 'has a NUL character in its name' }
  if (name.includes('\\')) return { problem: 'has a backslash in its name; folders are parted by /' }
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return { problem: 'has an absolute name; it must be relative' }
  const parts = name.replace(/\/$/, '').split('/')
  if (parts.includes('..')) return { problem: 'leads out of the bundle by ..' }
  if (parts.includes('.') || parts.includes('')) return { problem: 'has an empty part or . in its name' }
  const bytes = parts.map((part) => Buffer.byteLength(part))
  if (Math.max(...bytes) > BUNDLE_LIMITS.partBytes) {
    return { problem: `has a part of its name that is longer than ${BUNDLE_LIMITS.partBytes} bytes` }
  }
  if (bytes.reduce((sum, length) => sum + length + 1, -1) > BUNDLE_LIMITS.nameBytes) {
    return { problem: `has a name longer than ${BUNDLE_LIMITS.nameBytes} bytes` }
  }
  return parts
}
