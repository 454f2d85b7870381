/** A request to any web process; tried again elsewhere and later when one does not answer. */
export type Api = (method: string, path: string, body?: object) => Promise<unknown>

const TRIES = 120
const PAUSE_MS = 500

export function apiOf(ports: readonly number[], token: string): Api {
  return async (method, where, body) => {
    for (let tries = 0; ; tries++) {
      const url = `http://127.0.0.1:${ports[tries % ports.length]}/api/v1${where}`
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      try {
        const response = await fetch(url, {
          ...{ method, headers, signal: AbortSignal.timeout(10_000) },
          ...(body && { body: JSON.stringify(body) }),
        })
        if (response.status < 500) return await response.json()
        throw new Error(`${url} answered ${response.status}`)
      } catch (error) {
        if (tries > TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }
}
