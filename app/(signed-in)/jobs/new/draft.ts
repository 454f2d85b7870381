import type { Issue } from '../../../../core/errors'
import type { Submission } from '../../../../core/jobs/submission'

/** A line of a list that is being edited. `id` tells lines apart while they come and go. */
export type Entry = { id: number; value: string }
export type Pair = { id: number; key: string; value: string }

/** The form as it stands. Numbers are texts until they are sent, so that half-typed ones can stand there. */
export type Draft = {
  name: string
  script: string
  target: 'any' | 'box' | 'group'
  box: string
  group: string
  requires: Entry[]
  args: Entry[]
  env: Pair[]
  labels: Pair[]
  timeoutSeconds: string
  queueTimeoutSeconds: string
  graceSeconds: string
}

/** What is wrong, by field: `name`, `args.2`, `env.0` (by line), `target`, … */
export type FieldErrors = Record<string, string>

type Sent = Partial<Omit<Submission, 'script'>> & Pick<Submission, 'script'>

/** The submission that a draft stands for. What was left empty is left out, so that the server's defaults apply. */
export function toSubmission(draft: Draft): Sent {
  const { name, script, requires, args, env, labels } = draft
  return {
    ...(name.trim() !== '' && { name: name.trim() }),
    script,
    target: targetOf(draft),
    requires: requires.map(({ value }) => value.trim()).filter((value) => value !== ''),
    args: args.map(({ value }) => value),
    env: Object.fromEntries(env.filter(isFilled).map(({ key, value }) => [key.trim(), value])),
    labels: Object.fromEntries(labels.filter(isFilled).map(({ key, value }) => [key.trim(), value])),
    ...seconds('timeoutSeconds', draft.timeoutSeconds),
    ...seconds('queueTimeoutSeconds', draft.queueTimeoutSeconds),
    ...seconds('graceSeconds', draft.graceSeconds),
  }
}

/** What the server cannot see any more once the draft was made into a submission. */
export function draftErrors({ env, labels }: Draft): FieldErrors {
  return { ...doubles('env', env), ...doubles('labels', labels) }
}

/**
 * The server's issues at the fields of the draft. The paths of a submission name keys (`env.PATH`) and places (`args.2`); lines
 * that were left empty were not sent, so places are counted without them.
 */
export function fieldErrors(issues: readonly Issue[], draft: Draft): FieldErrors {
  const errors: FieldErrors = {}
  for (const { path, message } of issues) {
    const field = fieldOf(path, draft)
    const said = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message
    errors[field] = errors[field] ? `${errors[field]}; ${said}` : said
  }
  return errors
}

function fieldOf(path: string, draft: Draft): string {
  const [head = '', ...rest] = path.split('.')
  const below = rest.join('.')
  if (head === 'target') return 'target'
  if ((head === 'env' || head === 'labels') && below !== '') {
    const line = draft[head].findIndex((pair) => isFilled(pair) && pair.key.trim() === below)
    return line === -1 ? head : `${head}.${line}`
  }
  if (head === 'requires' && below !== '') {
    const sent = draft.requires.flatMap(({ value }, line) => (value.trim() === '' ? [] : [line]))
    const line = sent[Number(below)]
    return line === undefined ? head : `${head}.${line}`
  }
  return path
}

function targetOf({ target, box, group }: Draft): Submission['target'] {
  if (target === 'box') return { box }
  return target === 'group' ? { group } : { any: true }
}

function isFilled({ key, value }: Pair): boolean {
  return key.trim() !== '' || value !== ''
}

/** An empty field means the default; what is no number is sent as it is, for the server to say so. */
function seconds(field: string, text: string): Record<string, number> {
  return text.trim() === '' ? {} : { [field]: Number(text) }
}

function doubles(field: 'env' | 'labels', pairs: readonly Pair[]): FieldErrors {
  const keys = pairs.map(({ key }) => key.trim())
  return Object.fromEntries(
    keys.flatMap((key, line) =>
      key !== '' && keys.indexOf(key) < line ? [[`${field}.${line}`, 'is there twice']] : [],
    ),
  )
}
