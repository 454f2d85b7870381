import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import type { JsonSchema } from '../rest/json-schema'
import { openApiDocument } from '../rest/openapi'

export type DocumentedParameter = { name: string; in: string; required?: boolean; schema: JsonSchema }
type Header = { required?: boolean; schema: JsonSchema }
type Media = Record<string, { schema: JsonSchema; example?: unknown }>
type Answer = { $ref?: string; headers?: Record<string, Header>; content?: Media }
export type Documented = {
  method: string
  path: string
  isOpen: boolean
  parameters: DocumentedParameter[]
  body: Media
  answers: Record<string, Answer>
}

/** An answer as it came. */
export type Came = { status: number; headers: Headers; text: string }

const document = openApiDocument()
const ajv = new Ajv2020({ strict: false, allErrors: true })
// a module of CommonJS: its default stands in `default` here
addFormats.default(ajv)
ajv.addFormat('binary', true)
ajv.addSchema({ ...document, $id: 'api' }, undefined, undefined, false)

/** The operations of the document, with what they refer to. */
export const OPERATIONS: Documented[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    ...{ method: method.toUpperCase(), path, isOpen: operation.security?.length === 0 },
    parameters: (operation.parameters ?? []) as DocumentedParameter[],
    body: (operation.requestBody?.content ?? {}) as Media,
    answers: operation.responses as Record<string, Answer>,
  })),
)

const pointer = (...names: string[]) =>
  names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function validator(...at: string[]): ValidateFunction {
  const $ref = `api#${encodeURI(pointer(...at))}`
  return ajv.getSchema($ref) ?? ajv.compile({ $ref })
}

const problemsOf = (validate: ValidateFunction) =>
  (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

/** True if the document says that the operation takes this as its JSON body. */
export function takesBody({ path, method }: Documented, body: unknown): boolean {
  const at = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema']
  return validator(...at)(body)
}

/** True if the document says that a parameter takes this text. */
export function takesText({ schema }: DocumentedParameter, text: string): boolean {
  const items = schema.type === 'array' ? (schema.items ?? {}) : schema
  const value = items.type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text
  return ajv.validate(items, value)
}

/** Examples of an operation that its own schemas do not take. */
export function wrongExamples({ path, method, body, answers }: Documented): string[] {
  const operation = ['paths', path, method.toLowerCase()]
  return [
    ...wrongIn(body, [...operation, 'requestBody', 'content']),
    ...Object.entries(answers).flatMap(([status, said]) => {
      const { answer, place } = resolved(said, [...operation, 'responses', status])
      return wrongIn(answer.content ?? {}, [...place, 'content'])
    }),
  ]
}

function wrongIn(media: Media, place: string[]): string[] {
  return Object.entries(media).flatMap(([type, { example }]) => {
    if (example === undefined) return []
    const validate = validator(...place, type, 'schema')
    return validate(example) ? [] : problemsOf(validate).map((problem) => `${place.join(' ')}: ${problem}`)
  })
}

/** What an answer of the document refers to, and where that stands. */
function resolved(said: Answer, place: string[]): { answer: Answer; place: string[] } {
  const known = said.$ref?.split('/').at(-1)
  if (known === undefined) return { answer: said, place }
  return { answer: document.components.responses?.[known] as Answer, place: ['components', 'responses', known] }
}

/** Where an answer contradicts the document; empty where it does not. */
export function contradictions({ path, method, answers }: Documented, { status, headers, text }: Came): string[] {
  const said = answers[status]
  if (!said) return [`${status} is not in the document: ${text.slice(0, 300)}`]
  const { answer, place } = resolved(said, ['paths', path, method.toLowerCase(), 'responses', `${status}`])
  return [
    ...headerProblems(answer.headers ?? {}, headers),
    ...(headers.get('x-request-id') ? [] : ['no x-request-id']),
    ...contentProblems(answer.content, headers.get('content-type'), text, [...place, 'content']),
  ]
}

function headerProblems(said: Record<string, Header>, headers: Headers): string[] {
  return Object.entries(said).flatMap(([name, { required, schema }]) => {
    const value = headers.get(name)
    if (value === null) return required ? [`no header ${name}`] : []
    const given = schema.type === 'integer' ? Number(value) : value
    return ajv.validate(schema, given) ? [] : [`header ${name}: ${value}`]
  })
}

function contentProblems(content: Media | undefined, type: string | null, text: string, place: string[]): string[] {
  if (!content) return text === '' ? [] : [`a body where there should be none: ${text.slice(0, 100)}`]
  const plain = type?.split(';')[0] ?? 'none'
  if (!content[plain]) return [`content-type ${type}`]
  if (plain !== 'application/json') return []
  const validate = validator(...place, plain, 'schema')
  return validate(JSON.parse(text)) ? [] : problemsOf(validate).map((problem) => `body: ${problem}`)
}
