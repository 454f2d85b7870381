import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The one that shows most in the shortest time stands first; any other will do. */
const PREFERRED = ['unittest', 'suite', 'power']
const NOT_A_FIRST_IMPRESSION = /fail|hang/

/** The script of the first start's example job, or null when there is none. */
function exampleScript(folder = 'examples'): string | null {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.py')) : []
  const good = names.filter((name) => !NOT_A_FIRST_IMPRESSION.test(name)).sort()
  const rank = (name: string) => PREFERRED.findIndex((word) => name.includes(word)) >>> 0
  const [first] = good.sort((a, b) => rank(a) - rank(b))
  return first === undefined ? null : path.join(folder, first)
}

/**
 * Submits the example job by the REST API, as any client would.
 * @returns the page of the job, or null when there is no example to run
 * @throws Error with the API's answer when it was refused
 */
export async function submitExampleJob(url: string, apiToken: string): Promise<string | null> {
  const script = exampleScript()
  if (!script) return null
  const response = await fetch(`${url}/api/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: `Example: ${path.basename(script, '.py').replaceAll(/[_-]/g, ' ')}`,
      script: readFileSync(script, 'utf8'),
      target: { any: true },
    }),
    signal: AbortSignal.timeout(15_000),
  })
  const body = await response.text()
  if (response.status !== 201) throw new Error(`POST /api/v1/jobs answered ${response.status}: ${body.slice(0, 500)}`)
  const job = JSON.parse(body) as { id: string; url?: string }
  return job.url ?? `${url}/jobs/${job.id}`
}
