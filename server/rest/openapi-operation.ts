import { PARAMETERS } from '../trpc/examples'
import type { Meta } from '../trpc/init'
import { errorsOf } from './openapi-errors'

type Schema = { required?: string[]; oneOf?: object[]; [key: string]: unknown }
type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
  example?: unknown
}
export type Content = Record<string, { schema?: Schema; example?: unknown }>
type Success = { description: string; content?: Content; headers?: Record<string, unknown> }

/** An operation as the document has it, as far as it is spoken of here. */
export type DocumentedOperation = {
  summary?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content?: Content }
  responses: Record<string, unknown>
  security?: unknown[]
}

/** What is known of an operation beside what stands in the document: of a procedure its meta, of the others what they say. */
export type Facts = Pick<Meta, 'errors' | 'example'> & { created: boolean }

/** Says what the generator can't: 201, a body that may be left out, examples, and the errors as they are. */
export function finish(operation: DocumentedOperation, method: string, path: string, facts: Facts): void {
  const { requestBody, parameters = [] } = operation
  const isOpen = operation.security === undefined
  const kind = { method, path, isOpen, hasBody: requestBody !== undefined }
  operation.responses = { ...successOf(operation, facts), ...errorsOf(kind, facts.errors) }
  if (isOpen) operation.security = []
  for (const parameter of parameters) {
    if (parameter.in === 'path') parameter.example = PARAMETERS[parameter.name]
  }
  const body = requestBody?.content?.['application/json']
  if (body && facts.example?.body !== undefined) body.example = facts.example.body
  if (!requestBody) return
  const schemas = Object.values(requestBody.content ?? {})
  requestBody.required = schemas.some(({ schema }) => (schema?.required ?? schema?.oneOf ?? []).length > 0)
}

function successOf(operation: DocumentedOperation, { created, example }: Facts): Record<string, unknown> {
  const success = Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status)) as [string, Success][]
  return Object.fromEntries(
    success.map(([status, response]) => {
      const answer = response.content?.['application/json']
      if (answer && example) answer.example = example.answer
      return created ? ['201', withLocation(response)] : [status, response]
    }),
  )
}

const location = { description: 'Where it is.', schema: { type: 'string' } }

function withLocation(response: Success): Success {
  return { ...response, description: 'Made.', headers: { ...response.headers, Location: location } }
}
