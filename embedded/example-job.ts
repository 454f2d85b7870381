import { readFileSync } from 'node:fs'

/** Runs in a moment and shows both streams and a verdict. */
const EXAMPLE = 'examples/unittest_suite.py'

/**
 * Submits the example job by the REST API, as any client would.
 * @returns the page of the job
 * @throws Error with the API's answer when it was refused
 */
export async function submitExampleJob(url: string, apiToken: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Example: unittest suite',
      script: readFileSync(EXAMPLE, 'utf8'),
      target: { any: true },
    }),
    signal: AbortSignal.timeout(15_000),
  })
  const body = await response.text()
  if (response.status !== 201) throw new Error(`POST /api/v1/jobs answered ${response.status}: ${body.slice(0, 500)}`)
  return (JSON.parse(body) as { url: string }).url
}
