import { generateOpenApiDocument } from 'trpc-to-openapi'
import { z } from 'zod'
import { appRouter } from '../trpc/router'
import { HAND_WRITTEN_PATHS, jobForm } from './openapi-paths'
import { operationsOf } from './route-table'

const errorSchema = z
  .object({
    code: z.string().meta({ description: 'What went wrong, for programs.', example: 'bad_request' }),
    message: z.string().meta({ description: 'What went wrong, for people.' }),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    detail: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .meta({ description: 'Where one code has several reasons: `reason`, and what it speaks of.' }),
  })
  .meta({ description: 'Every error looks like this.' })

const ERRORS: Record<number, string> = {
  400: 'A field is unknown, missing, of a wrong type or out of its limits; issues names it.',
  401: 'No API token, or one that is unknown, revoked or expired.',
  403: 'The role of the caller does not allow this.',
  404: 'There is no such thing, or not for the caller.',
  409: 'It is in a state in which this has no meaning, or something else has that name, address or identity.',
  410: 'The object store no longer has it.',
  413: 'The body, the script or the bundle is too large.',
  415: 'The body is of another type than this takes.',
  422: 'Well formed, but names something that does not exist or does not answer as it must.',
  500: 'Something went wrong on our side.',
  503: 'The database or the object store does not answer just now; try again after Retry-After seconds.',
}

type Operation = {
  parameters?: unknown[]
  requestBody?: {
    required?: boolean
    content?: Record<string, { schema?: { required?: string[]; oneOf?: object[] } }>
  }
  responses: Record<string, unknown>
  security?: unknown[]
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; responses?: Record<string, unknown> }
}

let made: Document | undefined

/** The OpenAPI 3.1 document: what the routers declare, and the routes that are written by hand. */
export function openApiDocument(): Document {
  made ??= make()
  return made
}

function make(): Document {
  const document = generateOpenApiDocument(appRouter, {
    openApiVersion: '3.1.0',
    title: 'Stout',
    description: 'Runs Python jobs on a shared fleet of hardware-test boxes.',
    version: '1',
    baseUrl: '/api/v1',
    tags: ['jobs', 'artifacts', 'bundles', 'boxes', 'groups', 'tokens', 'retention', 'service'],
    securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token: stout_…' } },
    defs: { Error: errorSchema },
  }) as unknown as Document
  Object.assign(document.paths, mergeByPath(document.paths, HAND_WRITTEN_PATHS as unknown as Document['paths']))
  describeSubmission(document.paths['/jobs']?.post?.requestBody?.content)
  const { schemas } = document.components
  for (const name of Object.keys(schemas)) if (name.startsWith('error.')) delete schemas[name] // the generator's own
  document.components.responses = Object.fromEntries(
    Object.entries(ERRORS).map(([status, description]) => [
      `Error${status}`,
      { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    ]),
  )
  const created = new Set(
    operationsOf(appRouter).flatMap(({ location, method, path }) => (location ? `${method} ${path}` : [])),
  )
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      finish(operation, method.toUpperCase(), path, created.has(`${method.toUpperCase()} ${path}`))
    }
  }
  return document
}

/** Says what the generator drops of the body of a submission, and that it may be a form. */
function describeSubmission(content: NonNullable<Operation['requestBody']>['content']): void {
  const job = content?.['application/json']?.schema
  if (!content || !job) return
  content['multipart/form-data'] = jobForm({ ...job })
  const oneOf = [{ required: ['script'] }, { required: ['bundle'] }]
  Object.assign(job, { oneOf, additionalProperties: false })
}

function mergeByPath(a: Document['paths'], b: Document['paths']): Document['paths'] {
  return Object.fromEntries(Object.entries(b).map(([path, operations]) => [path, { ...a[path], ...operations }]))
}

/** Says what trpc-to-openapi can't: 201, a body that may be left out, and the errors as they are. */
function finish(operation: Operation, method: string, path: string, created: boolean): void {
  const success = Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status))
  operation.responses = Object.fromEntries(
    success.map(([status, response]) => (created ? ['201', withLocation(response)] : [status, response])),
  )
  for (const status of errorsOf(operation, method, path)) {
    operation.responses[status] = { $ref: `#/components/responses/Error${status}` }
  }
  const { requestBody } = operation
  if (!requestBody) return
  const schemas = Object.values(requestBody.content ?? {})
  requestBody.required = schemas.some(({ schema }) => (schema?.required ?? schema?.oneOf ?? []).length > 0)
}

function withLocation(response: unknown): unknown {
  const location = { description: 'Where it is.', schema: { type: 'string' } }
  return { ...(response as object), description: 'Made.', headers: { Location: location } }
}

const CONFLICTS = new Set([
  'GET /jobs/{jobId}/artifacts/{artifactId}',
  'POST /jobs/{jobId}/cancel',
  'POST /jobs/{jobId}/rerun',
  'PATCH /jobs/{jobId}',
  'POST /boxes',
  'PATCH /boxes/{boxId}',
  'DELETE /boxes/{boxId}',
  ...['POST /groups', 'PATCH /groups/{groupId}'],
])
/** What they speak of may be lost in the object store. */
const GONE = new Set(['GET /jobs/{jobId}/artifacts/{artifactId}', 'GET /jobs/{jobId}/artifacts.zip'])
const UNPROCESSABLE = new Set([
  ...['POST /jobs', 'POST /jobs/{jobId}/rerun', 'PATCH /jobs/{jobId}'],
  ...['POST /bundles', 'POST /boxes', 'PATCH /boxes/{boxId}', 'POST /tokens'],
  ...['POST /groups', 'PATCH /groups/{groupId}'],
])

function errorsOf(operation: Operation, method: string, path: string): number[] {
  if (!operation.security) return path === '/ready' ? [503] : []
  const writes = method !== 'GET'
  return [
    ...[400, 401],
    ...(writes ? [403] : []),
    ...(path.includes('{') ? [404] : []),
    ...(CONFLICTS.has(`${method} ${path}`) ? [409] : []),
    ...(GONE.has(`${method} ${path}`) ? [410] : []),
    ...(operation.requestBody ? [413, 415] : []),
    ...(UNPROCESSABLE.has(`${method} ${path}`) ? [422] : []),
    ...[500, 503],
  ]
}
