import { LIMITS } from '../../../../core/jobs/limits'
import type { Changes, Submitted } from '../../../../core/jobs/submission'
import { type Draft, EMPTY_DRAFT, type Entry, type Pair, toSubmission } from './draft'

/** The form filled in with what a job was submitted as. Values of its secrets are empty: they were forgotten. */
export function draftOf(submitted: Submitted): Draft {
  const { name, script, bundle, entry, target, requires, args, env, secretNames, labels, artifacts } = submitted
  const seconds = (value: number | null) => (value === null ? '' : String(value))
  return {
    ...EMPTY_DRAFT,
    ...{ name, requires: entries(requires), args: entries(args), env: pairs(env), labels: pairs(labels) },
    ...(bundle === undefined ? { source: 'script', script: script ?? '' } : { source: 'bundle', entry }),
    ...('box' in target && { target: 'box', box: target.box }),
    ...('group' in target && { target: 'group', group: target.group }),
    secrets: pairs(Object.fromEntries(secretNames.map((secret) => [secret, '']))),
    ...{ globs: entries(artifacts.globs), lagerOutput: artifacts.lagerOutput },
    timeoutSeconds: seconds(submitted.timeoutSeconds),
    queueTimeoutSeconds: seconds(submitted.queueTimeoutSeconds),
    noOutputTimeoutSeconds: seconds(submitted.noOutputTimeoutSeconds),
    graceSeconds: seconds(submitted.graceSeconds),
  }
}

/**
 * The changes that a draft stands for, which was filled in with a job. Every field is said: what was emptied means the default here
 * too, not what the job had, and a secret whose line was removed is left out.
 */
export function toChanges(draft: Draft, { secretNames }: Submitted, bundle?: string): Changes {
  const { secrets, ...rest } = toSubmission(draft, bundle)
  return {
    name: 'script',
    timeoutSeconds: LIMITS.timeoutSeconds.default,
    queueTimeoutSeconds: LIMITS.queueTimeoutSeconds.default,
    noOutputTimeoutSeconds: LIMITS.noOutputTimeoutSeconds.default,
    graceSeconds: LIMITS.graceSeconds.default,
    ...rest,
    secrets: { ...Object.fromEntries(secretNames.map((name) => [name, null])), ...secrets },
  }
}

const entries = (values: readonly string[]): Entry[] => values.map((value, id) => ({ id, value }))
const pairs = (all: Record<string, string>): Pair[] =>
  Object.entries(all).map(([key, value], id) => ({ id, key, value }))
