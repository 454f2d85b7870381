/** Where a browser finds what our pages are made of. */
export type Origins = {
  /** Where people reach the web process. */
  publicUrl: string
  /** Where browsers reach the object store: images of artifacts come from there. */
  storeOrigin: string
}

const YEAR_SECONDS = 365 * 24 * 3_600
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * What every answer of ours tells a browser, whatever it carries: its type is what it says, it is shown in nobody's frame and
 * loads nothing. Answers that need more, pages, say so themselves.
 */
export function answerHeaders(publicUrl: string): Record<string, string> {
  return {
    'content-security-policy': NOTHING,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'permissions-policy':
      'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': `max-age=${YEAR_SECONDS}` }),
  }
}

/** For scripts and styles of pages: one that runs as a worker may load the others, and nothing else. */
export const PART_POLICY = `${NOTHING}; script-src 'self'`

/**
 * What a page may load and do: our own scripts, and inline ones that carry the nonce of this answer; images from us and the store.
 * Styles may stand in elements, as positions of rows and of dialogs do.
 * @param nonce never used twice
 */
export function pagePolicy({ storeOrigin }: Pick<Origins, 'storeOrigin'>, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' ${storeOrigin}`,
    `connect-src 'self' ${storeOrigin}`,
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `form-action 'self' ${storeOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
