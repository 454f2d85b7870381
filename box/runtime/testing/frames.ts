export type Frame = { fileno: string; payload: Buffer }

/** Takes a stream apart. What comes after the last whole frame is left out. @throws Error where no header stands */
export function decodeFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  let at = 0
  while (at < bytes.length) {
    const header = /^([0-3-]) (\d+) /.exec(bytes.subarray(at, at + 32).toString('latin1'))
    if (!header) {
      if (bytes.length - at < 16) break
      throw new Error(`no frame header at byte ${at}: ${bytes.subarray(at, at + 32).toString('latin1')}`)
    }
    const [whole, fileno = '', length] = header
    const end = at + whole.length + Number(length)
    if (end > bytes.length) break
    frames.push({ fileno, payload: bytes.subarray(at + whole.length, end) })
    at = end
  }
  return frames
}

/** The code in the last frame; nothing while there is no exit frame. */
export function exitCodeOf(frames: Frame[]): number | undefined {
  const last = frames.at(-1)
  return last?.fileno === '-' ? Number(last.payload.toString('latin1')) : undefined
}
