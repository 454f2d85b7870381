import { PARAMETERS } from '../trpc/examples'
import type { Meta } from '../trpc/init'
import { errorsOf } from './openapi-errors'

export type Schema = { description?: string; required?: string[]; oneOf?: object[]; [key: string]: unknown }
export type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
  example?: unknown
}
export type Content = Record<string, { schema?: Schema; example?: unknown }>
export type Response = { description: string; content?: Content; headers?: Record<string, unknown> }

/** An operation as the document has it, as far as it is spoken of here. */
export type DocumentedOperation = {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content?: Content }
  responses: Record<string, unknown>
  security?: unknown[]
  servers?: unknown[]
}

/** What is known of an operation beside what stands in the document: of a procedure its meta, of the others what they say. */
export type Facts = Pick<Meta, 'errors' | 'example' | 'edits' | 'etag'> & {
  created: boolean
  /** It makes something, once for an Idempotency-Key. */
  once: boolean
  /** What is said of its parameters elsewhere, and what they are when they are left out. */
  texts: Readonly<Record<string, string | undefined>>
  presets: Readonly<Record<string, unknown>>
}

/** What the parameters of paths are. */
const PATH_TEXTS: Record<string, string> = {
  jobId: 'Id of the job.',
  boxId: 'Id of the box.',
  groupId: 'Id of the group.',
  tokenId: 'Id of the API token; not the token itself.',
  artifactId: 'Id of the artifact, as the list of the artifacts of the job says it.',
  sha256: 'SHA-256 of the zip, in 64 hex digits.',
}

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Names the request, by up to 255 visible characters of your choice. Whoever repeats it with the same key and body within 24 hours is answered as the first time, and nothing is made twice; errors are not remembered.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  example: '0c7a2b1e-5f0e-4a52-9c1f-0b7f5b1c2d3e',
}
const replayed = { description: 'true: this was answered before.', schema: { type: 'string', enum: ['true'] } }
const ifMatch: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'ETag of the thing as you read it: when somebody edited it meanwhile, nothing is changed. Default: any.',
  schema: { type: 'string' },
}
const etag = {
  description:
    'Names what can be edited about the thing, for If-Match. What it does by itself does not change it, so it is of no use for caching.',
  required: true,
  schema: { type: 'string' },
}
const link = { description: '<…>; rel="next": the next page; not sent with the last one.', schema: { type: 'string' } }
const KEY_USED = 'The Idempotency-Key was used for another request, or with another body.'

/** Says what the generator can't: 201, a body that may be left out, examples, and the errors as they are. */
export function finish(operation: DocumentedOperation, method: string, path: string, facts: Facts): void {
  const { requestBody, parameters = [] } = operation
  const isOpen = operation.security === undefined
  const kind = { method, path, isOpen, edits: facts.edits ?? false }
  const errors = facts.once ? { ...facts.errors, 409: [facts.errors?.[409], KEY_USED].join(' ').trim() } : facts.errors
  operation.responses = { ...successOf(operation, method, facts), ...errorsOf(kind, errors) }
  if (facts.once) operation.parameters = [...parameters, idempotencyKey]
  if (facts.edits) operation.parameters = [...parameters, ifMatch]
  if (isOpen) operation.security = []
  for (const parameter of operation.parameters ?? []) tellOf(parameter, facts)
  const body = requestBody?.content?.['application/json']
  if (body && facts.example?.body !== undefined) body.example = facts.example.body
  if (!requestBody) return
  const schemas = Object.values(requestBody.content ?? {})
  requestBody.required = schemas.some(({ schema }) => mustBeGiven(schema))
}

function tellOf(parameter: Parameter, { texts, presets }: Facts): void {
  const { name, schema } = parameter
  const description = parameter.description ?? texts[name] ?? schema?.description ?? PATH_TEXTS[name]
  if (description !== undefined) parameter.description = description
  delete schema?.description
  if (parameter.in === 'query' && schema && presets[name] !== undefined) schema.default = presets[name]
  if (parameter.in === 'path') parameter.example = PARAMETERS[name]
}

/** True for bytes, and for an object that has to have fields. */
function mustBeGiven(schema: Schema = {}): boolean {
  return schema.format === 'binary' || (schema.required ?? schema.oneOf ?? []).length > 0
}

/** What the generator has one text for. */
const DONE: Record<string, string> = { GET: 'What was asked for.' }

function successOf(operation: DocumentedOperation, method: string, facts: Facts): Record<string, unknown> {
  const { created, example } = facts
  const success = Object.entries(operation.responses).filter(([status]) => /^[123]/.test(status)) as [
    string,
    Response,
  ][]
  return Object.fromEntries(
    success.map(([status, response]) => {
      const answer = response.content?.['application/json']
      if (answer && example) answer.example = example.answer
      const headers = { ...response.headers, ...headersOf(response, facts) }
      const description = created
        ? 'Made.'
        : response.description.replace('Successful response', DONE[method] ?? 'Done.')
      return [
        created ? '201' : status,
        { ...response, description, ...(Object.keys(headers).length > 0 && { headers }) },
      ]
    }),
  )
}

const location = { description: 'Where it is.', required: true, schema: { type: 'string' } }

function headersOf({ content }: Response, facts: Facts): Record<string, unknown> {
  const { nextCursor, nextFrom } = (content?.['application/json']?.schema?.properties ?? {}) as Record<string, unknown>
  return {
    ...(facts.once && { Location: location, 'Idempotency-Replayed': replayed }),
    ...(facts.etag && { ETag: etag }),
    ...((nextCursor !== undefined || nextFrom !== undefined) && { Link: link }),
  }
}
