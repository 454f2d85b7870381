/** Where a payload came from: 1 stdout, 2 stderr, 3 output channel. */
export type Fileno = 1 | 2 | 3

/** Payload of one frame at most, in bytes. */
export const MAX_PAYLOAD_BYTES = 1024

/** Says only that the box is alive. */
export const KEEPALIVE = Buffer.from('0 0 ')

/** A frame with nothing in it: the way a detached run's log says that a stream ended. */
export function emptyFrame(fileno: Fileno): Buffer {
  return Buffer.from(`${fileno} 0 `)
}

/**
 * Wraps bytes in frames `<fileno> <length> <payload>` of at most `maxPayloadBytes` each. Lines and UTF-8 sequences are
 * cut wherever a frame happens to end; whoever reads puts them together again.
 */
export function encodeFrames(fileno: Fileno, bytes: Buffer, maxPayloadBytes = MAX_PAYLOAD_BYTES): Buffer {
  const parts: Buffer[] = []
  for (let start = 0; start < bytes.length; start += maxPayloadBytes) {
    const payload = bytes.subarray(start, start + maxPayloadBytes)
    parts.push(Buffer.from(`${fileno} ${payload.length} `), payload)
  }
  return Buffer.concat(parts)
}

/** The last frame of a run. @param code exit code, or minus the number of the signal that ended it */
export function exitFrame(code: number): Buffer {
  const text = String(code)
  return Buffer.from(`- ${text.length} ${text}`)
}
