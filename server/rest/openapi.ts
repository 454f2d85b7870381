import { generateOpenApiDocument } from 'trpc-to-openapi'
import { z } from 'zod'
import { appRouter } from '../trpc/router'
import { ERROR_RESPONSES } from './openapi-errors'
import { type Content, type DocumentedOperation, type Facts, finish } from './openapi-operation'
import { HAND_WRITTEN, jobForm } from './openapi-paths'
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

const DESCRIPTION = `Runs Python jobs on a shared fleet of hardware-test boxes.

Send an API token with each request: \`Authorization: Bearer stout_…\`. Bodies are JSON, instants ISO 8601, sizes bytes, durations
seconds. Every answer has an \`x-request-id\`; one that is sent along is kept.`

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
  for (const { method, path, meta } of operationsOf(appRouter)) {
    facts.set(`${method} ${path}`, { ...meta, created: meta.created !== undefined, once: meta.created !== undefined })
  }
  for (const { method, path, errors, example, once = false, operation } of HAND_WRITTEN) {
    document.paths[path] = { ...document.paths[path], [method.toLowerCase()]: { ...operation } }
    facts.set(`${method} ${path}`, { ...(errors && { errors }), ...(example && { example }), created: false, once })
  }
  describeSubmission(document.paths['/jobs']?.post?.requestBody?.content)
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
  const oneOf = [{ required: ['script'] }, { required: ['bundle'] }]
  Object.assign(job, { oneOf, additionalProperties: false })
}
