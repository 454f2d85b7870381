/** What a run is posted as: the file that is run, and fields, in order. Names and values are ours and have no line breaks. */
export type RunForm = {
  file: { field: 'module' | 'script'; name: string; bytes: Uint8Array }
  fields: [name: string, value: string][]
}

/**
 * The form as `multipart/form-data`, in pieces. The bytes of the file are not copied: a FormData copies them several times on its way,
 * and a worker that starts many jobs at once holds all of that.
 */
export function encodeForm({ file, fields }: RunForm): { type: string; pieces: Uint8Array[] } {
  const boundary = `stout-${crypto.randomUUID()}`
  const head = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`
  const before = `${head(`name="${file.field}"; filename="${file.name}"`)}Content-Type: application/octet-stream\r\n\r\n`
  const parts = fields.map(([name, value]) => `${head(`name="${name}"`)}\r\n${value}\r\n`)
  const after = `\r\n${parts.join('')}--${boundary}--\r\n`
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    pieces: [Buffer.from(before), file.bytes, Buffer.from(after)],
  }
}
