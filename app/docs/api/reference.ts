import type { JsonSchema, Schemas } from '../../../server/rest/json-schema'
import type { ApiDocument } from '../../../server/rest/openapi'
import { type Command, sampleOf } from './curl'
import { type Field, fieldOf, fieldsOf, typeOf } from './schema-fields'

/** One form in which a body or an answer comes. */
export type Content = { type: string; schemaType: string; fields: Field[]; example?: string }
export type Answer = { status: string; description: string; headers: Field[]; contents: Content[] }
export type Operation = {
  /** Its anchor. */
  id: string
  method: string
  path: string
  summary: string
  description: string
  isOpen: boolean
  parameters: { where: string; fields: Field[] }[]
  body?: { required: boolean; contents: Content[] }
  answers: Answer[]
  errors: Answer[]
  command: Command
}
export type Group = { name: string; description: string; operations: Operation[] }
export type Reference = { description: string; groups: Group[]; error: Content }

type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: JsonSchema
  example?: unknown
}
type Media = Record<string, { schema?: JsonSchema; example?: unknown }>
type Response = { $ref?: string; description: string; content?: Media; headers?: Record<string, Omit<Parameter, 'in'>> }
type Raw = ApiDocument['paths'][string][string]

const WHERE: Record<string, string> = { path: 'Path', query: 'Query', header: 'Headers' }

/** What the page shows: the operations of the document by their tags, with all that it refers to. */
export function referenceOf(document: ApiDocument): Reference {
  const schemas = document.components.schemas as Schemas
  const responses = (document.components.responses ?? {}) as Record<string, Response>
  const example = responses.Error400?.content?.['application/json']?.example
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      tag: raw.tags?.[0],
      operation: operationOf(method.toUpperCase(), path, raw, schemas, responses),
    })),
  )
  return {
    description: String(document.info.description ?? ''),
    groups: document.tags.map(({ name, description }) => ({
      ...{ name, description },
      operations: all.filter(({ tag }) => tag === name).map(({ operation }) => operation),
    })),
    error: contentOf('application/json', { schema: { $ref: '#/components/schemas/Error' }, example }, schemas),
  }
}

function operationOf(
  method: string,
  path: string,
  raw: Raw,
  schemas: Schemas,
  responses: Record<string, Response>,
): Operation {
  const parameters = (raw.parameters ?? []) as Parameter[]
  const answers = Object.entries(raw.responses as Record<string, Response>).map(([status, response]) =>
    answerOf(
      status,
      response.$ref ? (responses[response.$ref.split('/').at(-1) ?? ''] ?? response) : response,
      schemas,
    ),
  )
  const isGood = ({ status }: Answer) => Number(status) < 400
  const good = answers.filter(isGood)
  const contents = contentsOf(raw.requestBody?.content as Media | undefined, schemas)
  const [first] = Object.entries((raw.requestBody?.content ?? {}) as Media)
  const isOpen = raw.security?.length === 0
  const { summary = '', description = '', operationId: id = `${method} ${path}` } = raw
  return {
    ...{ id, method, path, summary, description, isOpen },
    parameters: Object.entries(WHERE).flatMap(([place, where]) => {
      const fields = parameters.filter((parameter) => parameter.in === place).map((one) => parameterField(one, schemas))
      return fields.length > 0 ? [{ where, fields }] : []
    }),
    ...(contents.length > 0 && { body: { required: raw.requestBody?.required ?? false, contents } }),
    ...{ answers: good, errors: answers.filter((answer) => !isGood(answer)) },
    command: {
      ...{ method, isOpen, path: withExamples(path, parameters), status: good[0]?.status ?? '' },
      query: parameters
        .filter(({ in: place, required }) => place === 'query' && required)
        .map(({ name, example, schema = {} }) => ({ name, value: String(example ?? sampleOf(schema)) })),
      ...(first && { body: { type: first[0], example: first[1].example } }),
      ...(good[0]?.contents[0] && { answerType: good[0].contents[0].type }),
    },
  }
}

function parameterField({ name, required = false, description, schema = {} }: Omit<Parameter, 'in'>, schemas: Schemas) {
  return { ...fieldOf(name, schema, required, schemas), ...(description !== undefined && { description }) }
}

function withExamples(path: string, parameters: Parameter[]): string {
  return path.replaceAll(/\{(\w+)\}/g, (whole, name) =>
    String(parameters.find((parameter) => parameter.name === name)?.example ?? whole),
  )
}

function answerOf(status: string, { description, headers = {}, content }: Response, schemas: Schemas): Answer {
  return {
    ...{ status, description, contents: contentsOf(content, schemas) },
    headers: Object.entries(headers).map(([name, header]) => parameterField({ ...header, name }, schemas)),
  }
}

function contentsOf(content: Media | undefined, schemas: Schemas): Content[] {
  return Object.entries(content ?? {}).map(([type, media]) => contentOf(type, media, schemas))
}

function contentOf(type: string, { schema = {}, example }: Media[string], schemas: Schemas): Content {
  const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
  return {
    ...{ type, schemaType: typeOf(schema, schemas), fields: fieldsOf(schema, schemas) },
    ...(text !== undefined && { example: text }),
  }
}
