import { generateOpenApiDocument } from 'trpc-to-openapi'
import { z } from 'zod'
import { FAILURE_CODES } from '../failure'
import { appRouter } from '../trpc/router'
import { ERROR_RESPONSES } from './openapi-errors'
import { type Content, type DocumentedOperation, type Facts, finish } from './openapi-operation'
import { HAND_WRITTEN, jobForm } from './openapi-paths'
import { operationsOf } from './route-table'

const errorSchema = z
  .object({
    code: z.enum(FAILURE_CODES).meta({ description: 'What went wrong, for programs.', example: 'bad_request' }),
    message: z.string().meta({ description: 'What went wrong, for people.' }),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    detail: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .meta({ description: 'Where one code has several reasons: `reason`, and what it speaks of.' }),
  })
  .meta({ description: 'Every error looks like this.' })

const DESCRIPTION = `Runs Python jobs on a shared fleet of hardware-test boxes.

Send an API token with each request: \`Authorization: Bearer stout_…\`. Bodies are JSON of at most 2 MB, instants ISO 8601, sizes bytes,
durations seconds. Every answer has an \`x-request-id\`; one that is sent along is kept.

An error is \`{ code, message, issues?, detail? }\` under its status: \`code\` for programs, \`message\` for people, \`issues\` for each wrong
field. A field that is not known is one. A path that is not there answers 404, a method that a path does not take 405 with \`Allow\`.

What makes something takes an \`Idempotency-Key\`: a request that is repeated with it makes one thing. Lists come in pages:
\`Link: <…>; rel="next"\` leads to the next one. What people edit has an \`ETag\`; an edit with \`If-Match\` that comes too late answers 412.
Where a moment helps (429, 503) \`Retry-After\` says how many seconds.`

const TAGS: Record<string, string> = {
  jobs: 'Submit scripts, follow them, read what they wrote.',
  artifacts: 'Files that jobs made.',
  bundles: 'Zips that jobs run.',
  boxes: 'Machines that run jobs.',
  groups: 'Named sets of boxes that a job can target.',
  tokens: 'What scripts identify themselves with.',
  retention: 'For how long things are kept.',
  service: 'Of the service itself; for everybody, without a token.',
}

export type ApiDocument = {
  info: Record<string, unknown>
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DocumentedOperation>>
  components: { schemas: Record<string, unknown>; responses?: Record<string, unknown> }
}

let made: ApiDocument | undefined

/** The OpenAPI 3.1 document: what the routers declare, and the routes that are written by hand. */
export function openApiDocument(): ApiDocument {
  made ??= make()
  return made
}

function make(): ApiDocument {
  const document = generateOpenApiDocument(appRouter, {
    openApiVersion: '3.1.0',
    title: 'Stout',
    description: DESCRIPTION,
    version: '1',
    baseUrl: '/api/v1',
    tags: Object.keys(TAGS),
    securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token: stout_…' } },
    defs: { Error: errorSchema },
  }) as unknown as ApiDocument
  document.tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }))
  const facts = new Map<string, Facts>()
  for (const { method, path, meta, texts, presets } of operationsOf(appRouter)) {
    const created = meta.created !== undefined
    facts.set(`${method} ${path}`, { ...meta, texts, presets, created, once: created })
  }
  for (const { method, path, errors, example, once = false, operation } of HAND_WRITTEN) {
    document.paths[path] = { ...document.paths[path], [method.toLowerCase()]: { ...operation } }
    const said = { ...(errors && { errors }), ...(example && { example }) }
    facts.set(`${method} ${path}`, { ...said, texts: {}, presets: {}, created: false, once })
  }
  describeSubmission(document.paths['/jobs']?.post?.requestBody?.content)
  dropInstantPatterns(document)
  const { schemas } = document.components
  for (const name of Object.keys(schemas)) if (name.startsWith('error.')) delete schemas[name] // the generator's own
  document.components.responses = ERROR_RESPONSES
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const known = facts.get(`${method.toUpperCase()} ${path}`)
      if (known) finish(operation, method.toUpperCase(), path, known)
    }
  }
  return document
}

/** Says what the generator drops of the body of a submission, and that it may be a form. */
function describeSubmission(content: Content | undefined): void {
  const job = content?.['application/json']?.schema
  if (!content || !job) return
  content['multipart/form-data'] = jobForm({ ...job })
  const oneOf = [{ required: ['script'], properties: { entry: { const: 'main.py' } } }, { required: ['bundle'] }]
  Object.assign(job, { oneOf, additionalProperties: false })
}

/** Instants have a format, which says it all; the pattern that the generator adds fills a screen. */
function dropInstantPatterns(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if ('format' in value && value.format === 'date-time' && 'pattern' in value) delete value.pattern
  for (const inner of Object.values(value)) dropInstantPatterns(inner)
}
