import { isIP } from 'node:net'
import type { Inspection } from '../channels/inspection'

/** Something that every box must reach: the box API of the worker, or the object store. */
export type CallBackTarget = { kind: 'box_api' | 'object_store'; url: string }
/** Whether a box reached it; `detail` says in words what it got. */
export type CallBack = { url: string; ok: boolean; detail: string }

/** What boxes must reach. @param boxApiUrl STOUT_BOX_URL */
export function callBackTargets(boxApiUrl: string): CallBackTarget[] {
  return [{ kind: 'box_api', url: `${boxApiUrl.replace(/\/+$/, '')}/health` }]
}

/**
 * What a box's answers mean. The box API must say that it is ours: where an address is a loopback one or belongs to another
 * Stout, somebody answers and jobs would still never be heard of.
 */
export function judgeCallBacks(
  targets: readonly CallBackTarget[],
  installation: string,
  { answers }: Pick<Inspection, 'answers'>,
): CallBack[] {
  return targets.map(({ kind, url }) => {
    const answer = answers.find((told) => told.url === url)
    if (!answer) return { url, ok: false, detail: 'the box said nothing about it' }
    const wrong = answer.error
      ? answer.error + hint(url, answer.error)
      : kind === 'box_api'
        ? notOurs(answer, installation)
        : undefined
    return { url, ok: wrong === undefined, detail: wrong ?? 'answers' }
  })
}

function notOurs({ status, body = '' }: Inspection['answers'][number], installation: string): string | undefined {
  const told = parse(body)
  if (status !== 200 || told.service !== 'stout-worker') {
    return `something else answers there: ${status} ${body.slice(0, 100).trim()}`.trim()
  }
  if (told.installation === installation) return undefined
  return `another installation of Stout answers there (${String(told.installation)} instead of ${installation})`
}

function parse(body: string): { service?: unknown; installation?: unknown } {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    return {}
  }
}

/** The mistakes that are made most: an authority that no box knows, and a loopback address, which on another machine means that one. */
function hint(url: string, error: string): string {
  if (error.includes('CERTIFICATE_VERIFY_FAILED')) {
    return ' (the box does not trust this certificate; where an authority of your own signed it, set STOUT_BOX_CA to its file)'
  }
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const loopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  return loopback
    ? ' (on the box, this loopback address means the box itself; set STOUT_BOX_URL to an address that it reaches)'
    : ''
}
