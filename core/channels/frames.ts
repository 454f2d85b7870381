/** One frame of a run's answer: `<fileno> <length> <payload>`; fileno `-` carries the exit code, 0 is a keepalive. */
type Frame = { fileno: string; payload: Buffer }

/** How a run ended, as far as its answer told. `exitCode` is undefined when the answer broke off: nothing is known then. */
export type RunAnswer = { exitCode: number | undefined; stdout: string; stderr: string }

const MAX_HEADER_BYTES = 24
const MAX_KEPT_CHARACTERS = 65_536

/**
 * Reads the answer of an attached run to its exit frame (box protocol, "Streaming response"). Payloads may hold anything, and
 * headers and payloads are split anywhere.
 * @throws Error when the bytes are no frames, or the stream fails before the exit frame
 */
export async function readRun(body: AsyncIterable<Uint8Array>): Promise<RunAnswer> {
  const answer: RunAnswer = { exitCode: undefined, stdout: '', stderr: '' }
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk])
    for (let next = takeFrame(rest); next; next = takeFrame(rest)) {
      rest = next.rest
      const { fileno, payload } = next.frame
      if (fileno === '-') return { ...answer, exitCode: Number(payload.toString('latin1')) }
      if (fileno === '1') answer.stdout = keep(answer.stdout, payload)
      if (fileno === '2') answer.stderr = keep(answer.stderr, payload)
    }
  }
  return answer
}

function takeFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | undefined {
  const header = /^([0-9-]) (\d+) /.exec(bytes.toString('latin1', 0, MAX_HEADER_BYTES))
  if (!header?.[1] || !header[2]) {
    if (bytes.length >= MAX_HEADER_BYTES) throw new Error('The answer of the run is not made of frames')
    return undefined
  }
  const end = header[0].length + Number(header[2])
  if (bytes.length < end) return undefined
  return { frame: { fileno: header[1], payload: bytes.subarray(header[0].length, end) }, rest: bytes.subarray(end) }
}

const keep = (text: string, payload: Buffer) => (text + payload.toString('utf8')).slice(0, MAX_KEPT_CHARACTERS)
