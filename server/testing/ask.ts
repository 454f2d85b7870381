type Options = { bearer?: string; body?: unknown; headers?: Record<string, string>; method?: string }

/** Sends a request and returns status, JSON and headers. A string body is sent as it is. */
export async function ask(url: string, path: string, { bearer, body, headers = {}, method }: Options = {}) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(bearer && { authorization: bearer }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined, headers: response.headers }
}
