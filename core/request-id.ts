const WELL_FORMED = /^[A-Za-z0-9._:-]{1,100}$/

/** The caller's own request id when it is well formed, else a new one. It stands in answers, logs and events. */
export function requestIdFrom(given: string | null | undefined): string {
  return given && WELL_FORMED.test(given) ? given : `req_${crypto.randomUUID().replaceAll('-', '')}`
}
