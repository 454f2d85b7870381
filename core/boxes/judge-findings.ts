import { z } from 'zod'
import type { LagerAddress } from '../channels/lager-call'
import { DomainError, type ErrorCode } from '../errors'
import { type Findings, outsideHolder } from './look-at-box'
import { judgeVersion, MIN_RUNTIME_VERSION } from './version'

/** One thing that a probe looked at, and what it means. */
export const checkSchema = z
  .object({
    check: z.enum(['address', 'connection', 'identity', 'version', 'nets', 'lock', 'call_back']),
    level: z.enum(['ok', 'notice', 'problem']),
    code: z.string().meta({ description: 'What was found, for programs.', example: 'no_call_back' }),
    text: z.string().meta({ description: 'What was found, for people.' }),
  })
  .meta({ id: 'BoxCheck' })
export type Check = z.infer<typeof checkSchema>

/** Problems with which a box is not saved: the status that saving it gets, and the field to look at. */
const BLOCKING: Record<string, { code: ErrorCode; path: string }> = {
  duplicate_address: { code: 'conflict', path: 'host' },
  unreachable: { code: 'invalid', path: 'host' },
  unauthorised: { code: 'invalid', path: 'token' },
  incompatible: { code: 'invalid', path: 'host' },
  silent: { code: 'invalid', path: 'host' },
  duplicate_identity: { code: 'conflict', path: 'host' },
  swapped_identity: { code: 'conflict', path: 'lagerBoxId' },
  version_too_old: { code: 'invalid', path: 'host' },
}

/** What else is known. The names are those of other boxes of the organisation. */
export type Known = {
  address: LagerAddress
  installation: string
  sameAddress?: string | undefined
  sameIdentity?: string | undefined
  /** Who should answer; undefined or null where anybody may. */
  expected?: string | null | undefined
}

/** Says what findings mean, one line for each thing that was looked at. */
export function judgeFindings(findings: Findings, known: Known): Check[] {
  const { sameAddress, address } = known
  const where = `${address.host}:${address.pythonPort}`
  const duplicate = problem('address', 'duplicate_address', `${sameAddress} has the address ${where} already.`)
  const before = sameAddress === undefined ? [] : [duplicate]
  if (findings.kind === 'refused') return [...before, refusal(findings, where, address.token !== null)]
  const { facts, callBacks } = findings
  return [
    ...before,
    ok('connection', 'reachable', `A box answers at ${where}.`),
    identityCheck(findings, known),
    versionCheck(facts.version),
    facts.nets.length === 0
      ? notice('nets', 'no_nets', 'It has no nets.')
      : ok('nets', 'nets', `Nets: ${facts.nets.map(({ name, type }) => `${name} (${type})`).join(', ')}.`),
    lockCheck(findings, known.installation),
    ...callBacks.map(({ url, ok: reached, detail }) =>
      reached
        ? ok('call_back', 'call_back', `It reaches ${url}.`)
        : problem('call_back', 'no_call_back', `It cannot reach ${url}: ${detail}. It gets no jobs until it can.`),
    ),
  ]
}

/** True if a box with these findings may be saved. */
export function canSave(checks: readonly Check[]): boolean {
  return !checks.some(({ code }) => code in BLOCKING)
}

/** @throws DomainError for the first problem with which a box is not saved; its detail names it as `reason` */
export function refuseBlocked(checks: readonly Check[]): void {
  for (const { code, text } of checks) {
    const blocking = BLOCKING[code]
    if (blocking) throw new DomainError(blocking.code, text, { reason: code }, [{ path: blocking.path, message: text }])
  }
}

function refusal({ why }: Findings & { kind: 'refused' }, where: string, withToken: boolean): Check {
  if (why.kind === 'unauthorised') {
    const text = withToken ? `The box at ${where} does not accept the token.` : `The box at ${where} wants a token.`
    return problem('connection', 'unauthorised', text)
  }
  const detail = why.kind === 'locked' ? `it is locked by ${why.holder}` : why.detail
  if (why.kind === 'unreachable') return problem('connection', 'unreachable', `${where} cannot be reached: ${detail}.`)
  if (why.kind === 'silent') {
    return problem('connection', 'silent', `The box at ${where} answers, but did not run a script in time: ${detail}.`)
  }
  return problem('connection', 'incompatible', `${where} does not answer as a Lager runtime does: ${detail}.`)
}

function identityCheck({ inspection }: Findings & { kind: 'found' }, { expected, sameIdentity }: Known): Check {
  const { lagerBoxId, hostname, python } = inspection.identity
  const who = `${lagerBoxId} (host ${hostname}, Python ${python})`
  if (expected && expected !== lagerBoxId) {
    return problem('identity', 'swapped_identity', `Another box answers there: ${who} instead of ${expected}.`)
  }
  if (sameIdentity !== undefined) {
    return problem('identity', 'duplicate_identity', `It is ${who}, which is registered already as ${sameIdentity}.`)
  }
  if (lagerBoxId !== 'unknown') return ok('identity', 'identity', `It is ${who}.`)
  const text = `The machine is ${hostname} (Python ${python}), but has no LAGER_BOX_ID: Stout cannot notice if another one takes its place.`
  return notice('identity', 'unknown_identity', text)
}

function versionCheck(version: string): Check {
  const verdict = judgeVersion(version)
  if (verdict === 'ok') return ok('version', 'version', `Runtime ${version}.`)
  if (verdict === 'unknown') {
    const text = `The version of the runtime is not known (${version}); Stout needs ${MIN_RUNTIME_VERSION} or newer.`
    return notice('version', 'unknown_version', text)
  }
  const text = `Runtime ${version} is too old; Stout needs ${MIN_RUNTIME_VERSION} or newer.`
  return problem('version', 'version_too_old', text)
}

function lockCheck({ facts }: Findings & { kind: 'found' }, installation: string): Check {
  if (facts.lockHolder === null) return ok('lock', 'unlocked', 'Nobody has locked it.')
  const holder = outsideHolder(facts, installation)
  if (holder === null) return ok('lock', 'locked_by_us', 'It runs a job of this installation.')
  return notice('lock', 'locked', `It is locked by ${holder}; jobs wait until that lock is given back.`)
}

type Line = (check: Check['check'], code: string, text: string) => Check
const ok: Line = (check, code, text) => ({ check, level: 'ok', code, text })
const notice: Line = (check, code, text) => ({ check, level: 'notice', code, text })
const problem: Line = (check, code, text) => ({ check, level: 'problem', code, text })
