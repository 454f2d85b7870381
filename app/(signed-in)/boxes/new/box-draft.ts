import type { Issue } from '../../../../core/errors'
import type { FieldErrors, Pair } from '../../jobs/new/draft'

/** The form as it stands. Numbers are texts until they are sent, so that half-typed ones can stand there. */
export type BoxDraft = {
  host: string
  pythonPort: string
  httpPort: string
  token: string
  name: string
  slots: string
  /** Separated by commas. */
  groups: string
  labels: Pair[]
}

type Address = { host: string; pythonPort?: number; httpPort?: number; token?: string }

/** Where the box stands. What was left empty is left out, so that the server's defaults apply. */
export function toAddress({ host, pythonPort, httpPort, token }: BoxDraft): Address {
  return {
    host: host.trim(),
    ...number('pythonPort', pythonPort),
    ...number('httpPort', httpPort),
    ...(token.trim() !== '' && { token: token.trim() }),
  }
}

/** What people decide about a box, whatever it is. */
export function toDecisions({ name, slots, groups, labels }: BoxDraft) {
  return {
    name: name.trim(),
    ...number('slots', slots),
    groups: groupsOf(groups),
    labels: Object.fromEntries(
      labels.filter(({ key, value }) => key.trim() !== '' || value !== '').map(({ key, value }) => [key.trim(), value]),
    ),
  }
}

/** The server's issues at the fields of the draft: those of labels at their line, those of groups at their one field. */
export function boxErrors(issues: readonly Issue[], { labels }: Pick<BoxDraft, 'labels'>): FieldErrors {
  const errors: FieldErrors = {}
  for (const { path, message } of issues) {
    const [head = '', ...rest] = path.split('.')
    const key = head === 'labels' ? rest.join('.') : ''
    const line = key === '' ? -1 : labels.findIndex((pair) => pair.key.trim() === key)
    const field = line >= 0 ? `labels.${line}` : head
    errors[field] = errors[field] ? `${errors[field]}; ${message}` : message
  }
  return errors
}

function groupsOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

/** What is no number is sent as NaN, which the server refuses at its field. */
function number(field: string, text: string): Record<string, number> {
  return text.trim() === '' ? {} : { [field]: Number(text) }
}
