import { SHA256 } from '../trpc/examples'
import { ARTIFACT_OPERATIONS } from './openapi-artifacts'
import { LOG_OPERATIONS } from './openapi-logs'
import type { Schema } from './openapi-operation'
import { type HandWritten, security } from './openapi-parts'

const sha256 = {
  name: 'sha256',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^[0-9a-f]{64}$' },
}
const zip = { type: 'string', format: 'binary' }
const bundle = (properties: object) => ({
  'application/json': {
    schema: {
      type: 'object',
      required: ['sha256', 'sizeBytes', ...Object.keys(properties)],
      properties: { sha256: { type: 'string' }, sizeBytes: { type: 'integer' }, ...properties },
    },
  },
})
const uploaded = () => bundle({ entries: { type: 'integer', description: 'Files and folders in the zip.' } })

/** The other body of POST /jobs: a job that brings its files along. `job` is what would be the body else, without its files. */
export function jobForm(job: Schema) {
  const { script: _, bundle: __, ...properties } = job.properties as Record<string, unknown>
  return {
    schema: {
      type: 'object',
      required: ['job', 'bundle'],
      additionalProperties: false,
      properties: { job: { ...job, properties, additionalProperties: false }, bundle: zip },
    },
    encoding: { job: { contentType: 'application/json' }, bundle: { contentType: 'application/zip' } },
  }
}

const BUNDLE_OPERATIONS: HandWritten[] = [
  {
    method: 'POST',
    path: '/bundles',
    once: true,
    errors: { 422: 'It is no zip that Stout takes; the message names the entry.' },
    example: { answer: { sha256: SHA256, sizeBytes: 48_213, entries: 7 } },
    operation: {
      operationId: 'bundles-upload',
      summary: 'Upload the files of jobs as a zip',
      description:
        'The zip is the body, at most 100 MB. It is checked before it is kept: at most 20,000 entries and 500 MB unpacked, plain files and folders with relative names. A job names it by its hash. Sending it again is harmless; one that no job used for a day is removed.',
      ...{ tags: ['bundles'], security },
      requestBody: {
        required: true,
        content: { 'application/zip': { schema: zip }, 'application/octet-stream': { schema: zip } },
      },
      responses: {
        200: { description: 'The organisation has it already.', content: uploaded() },
        201: { description: 'Kept.', content: uploaded() },
      },
    },
  },
  {
    method: 'GET',
    path: '/bundles/{sha256}',
    example: { answer: { sha256: SHA256, kind: 'zip', sizeBytes: 48_213, createdAt: '2026-11-24T09:30:00.000Z' } },
    operation: {
      operationId: 'bundles-get',
      summary: 'Does the organisation have this bundle?',
      description: 'HEAD before an upload spares it.',
      ...{ tags: ['bundles'], security },
      parameters: [sha256],
      responses: {
        200: {
          description: 'It does.',
          content: bundle({
            kind: { type: 'string', enum: ['zip'] },
            createdAt: { type: 'string', format: 'date-time' },
          }),
        },
      },
    },
  },
]

const status = { type: 'object', required: ['status'], properties: { status: { type: 'string' } } }
const open = (path: string, summary: string, description: string, schema: object): HandWritten['operation'] => ({
  operationId: path.slice(1).replace('.json', ''),
  ...{ summary, description, tags: ['service'] },
  responses: { 200: { description: 'Yes.', content: { 'application/json': { schema } } } },
})

const SERVICE_OPERATIONS: HandWritten[] = [
  {
    ...{ method: 'GET', path: '/health', example: { answer: { status: 'ok' } } },
    operation: open('/health', 'Is the process alive?', 'It asks nobody else.', status),
  },
  {
    ...{ method: 'GET', path: '/ready', example: { answer: { status: 'ready' } } },
    errors: { 503: 'The database is away, or lacks migrations.' },
    operation: open(
      '/ready',
      'Can requests be answered?',
      'True while the database answers and has the newest schema.',
      status,
    ),
  },
  {
    ...{ method: 'GET', path: '/openapi.json', example: { answer: { openapi: '3.1.0' } } },
    operation: open('/openapi.json', 'This document', 'OpenAPI 3.1, as JSON.', { type: 'object' }),
  },
]

/** What the routers can't describe: streams, downloads, and the service's own state. */
export const HAND_WRITTEN: HandWritten[] = [
  ...LOG_OPERATIONS,
  ...ARTIFACT_OPERATIONS,
  ...BUNDLE_OPERATIONS,
  ...SERVICE_OPERATIONS,
]
