/**
 * JSON with one value a line, or undefined when it is none. Only the space between values changes: numbers keep their digits,
 * keys their order and their doubles, which reading and writing it anew would lose.
 */
export function prettyJson(text: string): string | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  let depth = 0
  let out = ''
  const line = () => `\n${'  '.repeat(depth)}`
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      depth += 1
      out += token + line()
    } else if (token === '}' || token === ']') {
      depth -= 1
      out = out.trimEnd()
      out += /[[{]$/.test(out) ? token : line() + token
    } else if (token === ',') out += `,${line()}`
    else out += token === ':' ? ': ' : token
  }
  return out
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g
