/** A log line as the server sends it. Exactly one of: text, bytes that no text can carry (`base64`), a counted `gap`. */
export type LogLine = {
  n: number
  at: string
  stream: 'stdout' | 'stderr' | 'output'
  text: string
  partial?: true | undefined
  base64?: string | undefined
  torn?: true | undefined
  gap?: { lines: number; sizeBytes: number; why: string } | undefined
}
