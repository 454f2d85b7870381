/** Limits of a bundle. Each is named in the message of the error that it causes. */
export const BUNDLE_LIMITS = {
  zippedBytes: 100_000_000,
  unpackedBytes: 500_000_000,
  entries: 20_000,
  /** An entry, and the whole, may be so many times larger unpacked than zipped; up to `ratioFromBytes` it does not matter. */
  ratio: 100,
  ratioFromBytes: 1_000_000,
  nameBytes: 1_024,
  partBytes: 255,
  /** Up to here it lies in Postgres and travels in the claim's answer; beyond in the object store. */
  inlineBytes: 1_000_000,
} as const
