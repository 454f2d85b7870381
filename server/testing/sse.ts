/** One message of an event stream, as a client sees it. */
export type Message = { id: string; event: string; data: unknown }

/** Reads an event stream message by message; ends with the stream. Comments are left out. */
export async function* messages(response: Response): AsyncGenerator<Message> {
  let text = ''
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString('utf8')
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const message = parse(text.slice(0, end))
      text = text.slice(end + 2)
      if (message) yield message
    }
  }
}

function parse(block: string): Message | undefined {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const data = fields.get('data')
  if (data === undefined) return undefined
  return { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) }
}

/** Every message until the stream ends. */
export async function allMessages(response: Response): Promise<Message[]> {
  const all: Message[] = []
  for await (const message of messages(response)) all.push(message)
  return all
}
