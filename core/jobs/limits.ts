/**
 * Limits of a submission. Each is named in the message of the error that it causes. A file of its own, since pages read it too:
 * zod tries whether it may make code from texts, and pages may not.
 */
export const LIMITS = {
  scriptBytes: 1_000_000,
  nameCharacters: 200,
  args: 256,
  argBytes: 4_096,
  envBytes: 65_536,
  labels: 64,
  requires: 64,
  globs: 64,
  globCharacters: 200,
  secrets: 64,
  /** A shorter value could not be masked in the log. */
  secretMinBytes: 4,
  timeoutSeconds: { min: 1, max: 7 * 86_400, default: 3_600 },
  queueTimeoutSeconds: { min: 1, max: 30 * 86_400, default: 86_400 },
  graceSeconds: { min: 0, max: 60, default: 10 },
  noOutputTimeoutSeconds: { min: 1, max: 7 * 86_400, default: null },
} as const
