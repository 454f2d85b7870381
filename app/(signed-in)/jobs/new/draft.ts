import type { Issue } from '../../../../core/errors'
import type { Submission } from '../../../../core/jobs/submission'

/** A line of a list that is being edited. `id` tells lines apart while they come and go. */
export type Entry = { id: number; value: string }
export type Pair = { id: number; key: string; value: string }

/** The form before anything was entered. */
export const EMPTY_DRAFT: Draft = {
  ...{ name: '', source: 'script', script: '', entry: '', target: 'any', box: '', group: '' },
  ...{ requires: [], args: [], env: [], secrets: [], labels: [], globs: [], lagerOutput: false },
  ...{ timeoutSeconds: '', queueTimeoutSeconds: '', noOutputTimeoutSeconds: '', graceSeconds: '' },
}

/** The form as it stands. Numbers are texts until they are sent, so that half-typed ones can stand there. */
export type Draft = {
  name: string
  /** What runs: the text of one script, or a file of a bundle. What was entered for the other is kept, but not sent. */
  source: 'script' | 'bundle'
  script: string
  entry: string
  target: 'any' | 'box' | 'group'
  box: string
  group: string
  requires: Entry[]
  args: Entry[]
  env: Pair[]
  /** Stands nowhere but here and in the request that submits the job. */
  secrets: Pair[]
  labels: Pair[]
  globs: Entry[]
  lagerOutput: boolean
  timeoutSeconds: string
  queueTimeoutSeconds: string
  /** Empty: it may be silent. */
  noOutputTimeoutSeconds: string
  graceSeconds: string
}

/** What is wrong, by field: `name`, `args.2`, `env.0` (by line), `target`, … */
export type FieldErrors = Record<string, string>

/**
 * The submission that a draft stands for. What was left empty is left out, so that the server's defaults apply.
 * @param bundle SHA-256 of the uploaded bundle, when the draft's source is one
 */
export function toSubmission(draft: Draft, bundle?: string): Partial<Submission> {
  const { name, script, entry, requires, args, env, secrets, labels, globs, lagerOutput } = draft
  return {
    ...(name.trim() !== '' && { name: name.trim() }),
    ...(bundle === undefined ? { script } : { bundle, entry }),
    target: targetOf(draft),
    requires: filled(requires),
    args: args.map(({ value }) => value),
    env: record(env),
    secrets: record(secrets),
    labels: record(labels),
    artifacts: { globs: filled(globs), lagerOutput },
    ...seconds('timeoutSeconds', draft.timeoutSeconds),
    ...seconds('queueTimeoutSeconds', draft.queueTimeoutSeconds),
    ...seconds('noOutputTimeoutSeconds', draft.noOutputTimeoutSeconds),
    ...seconds('graceSeconds', draft.graceSeconds),
  }
}

/** What the server cannot see any more once the draft was made into a submission. */
export function draftErrors({ env, secrets, labels, source, entry }: Draft): FieldErrors {
  return {
    ...(source === 'bundle' && entry === '' && { entry: 'Choose the file that is run.' }),
    ...doubles('env', env),
    ...doubles('secrets', secrets),
    ...doubles('labels', labels),
  }
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
  if ((head === 'env' || head === 'secrets' || head === 'labels') && below !== '') {
    const line = draft[head].findIndex((pair) => isFilled(pair) && pair.key.trim() === below)
    return line === -1 ? head : `${head}.${line}`
  }
  if (head === 'requires' && below !== '') return lineOf('requires', draft.requires, below)
  if (head === 'artifacts') return rest[0] === 'globs' && rest[1] ? lineOf('globs', draft.globs, rest[1]) : 'globs'
  return path
}

/** The line that the `place`-th sent text of a list stands in. */
function lineOf(field: string, entries: readonly Entry[], place: string): string {
  const sent = entries.flatMap(({ value }, line) => (value.trim() === '' ? [] : [line]))
  const line = sent[Number(place)]
  return line === undefined ? field : `${field}.${line}`
}

function filled(entries: readonly Entry[]): string[] {
  return entries.map(({ value }) => value.trim()).filter((value) => value !== '')
}

function record(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(isFilled).map(({ key, value }) => [key.trim(), value]))
}

export function targetOf({ target, box, group }: Draft): Submission['target'] {
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

function doubles(field: 'env' | 'secrets' | 'labels', pairs: readonly Pair[]): FieldErrors {
  const keys = pairs.map(({ key }) => key.trim())
  return Object.fromEntries(
    keys.flatMap((key, line) =>
      key !== '' && keys.indexOf(key) < line ? [[`${field}.${line}`, 'is there twice']] : [],
    ),
  )
}
