import { ARTIFACT_PATHS } from './openapi-artifacts'
import { attempt, jobId, security } from './openapi-parts'

const status = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
}
const plain = (summary: string, operationId: string) => ({
  get: {
    operationId,
    summary,
    tags: ['service'],
    responses: { 200: { description: 'Yes.', content: { 'application/json': { schema: status } } } },
  },
})

const sha256 = {
  name: 'sha256',
  in: 'path',
  required: true,
  description: 'Of the zip, in 64 hex digits.',
  schema: { type: 'string' },
}
const zip = { type: 'string', format: 'binary' }
const bundle = (properties: object) => ({
  'application/json': {
    schema: {
      type: 'object',
      properties: { sha256: { type: 'string' }, sizeBytes: { type: 'integer' }, ...properties },
    },
  },
})
const uploaded = bundle({ entries: { type: 'integer', description: 'Files and folders in the zip.' } })

/** The other body of POST /jobs: a job that brings its files along. `job` is what would be the body else. */
export function jobForm(job: object | undefined) {
  return {
    schema: {
      type: 'object',
      required: ['job', 'bundle'],
      additionalProperties: false,
      properties: { job, bundle: zip },
    },
    encoding: { job: { contentType: 'application/json' }, bundle: { contentType: 'application/zip' } },
  }
}

/** What the routers can't describe: streams, downloads, and the service's own state. */
export const HAND_WRITTEN_PATHS = {
  '/jobs/{jobId}/logs/stream': {
    get: {
      operationId: 'jobs-logs-stream',
      summary: 'Follow a log as server-sent events',
      description:
        'Every line once and in order: first those that are there, then the rest as it comes. The data of a message is a JSON array of lines, its id is <attempt>.<n> of the last one. After an interruption, Last-Event-ID goes on after that line. A message of the event `end` with { attempt, lastN } is said once, at the end.',
      tags: ['jobs'],
      security,
      parameters: [
        jobId,
        attempt,
        {
          name: 'follow',
          in: 'query',
          description: '0: only what is there now.',
          schema: { type: 'string', enum: ['0', '1'], default: '1' },
        },
        {
          name: 'lastEventId',
          in: 'query',
          description: 'The same as the header Last-Event-ID, for clients that cannot set it.',
          schema: { type: 'string' },
        },
        { name: 'Last-Event-ID', in: 'header', description: '<attempt>.<n>', schema: { type: 'string' } },
      ],
      responses: {
        200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      },
    },
  },
  '/jobs/{jobId}/logs/raw': {
    get: {
      operationId: 'jobs-logs-raw',
      summary: 'Download what the script wrote, byte by byte',
      tags: ['jobs'],
      security,
      parameters: [
        jobId,
        attempt,
        {
          name: 'stream',
          in: 'query',
          description: 'Default: stdout and stderr, in the order of their lines.',
          schema: { type: 'string', enum: ['stdout', 'stderr', 'output'] },
        },
      ],
      responses: { 200: { description: 'The bytes.', content: { 'text/plain': { schema: { type: 'string' } } } } },
    },
  },
  '/bundles': {
    post: {
      operationId: 'bundles-upload',
      summary: 'Upload the files of jobs as a zip',
      description:
        'The zip is the body, at most 100 MB. It is checked before it is kept: at most 20,000 entries and 500 MB unpacked, plain files and folders with relative names. A job names it by its hash. Sending it again is harmless; one that no job used for a day is removed.',
      tags: ['bundles'],
      security,
      requestBody: {
        required: true,
        content: { 'application/zip': { schema: zip }, 'application/octet-stream': { schema: zip } },
      },
      responses: {
        200: { description: 'The organisation has it already.', content: uploaded },
        201: { description: 'Kept.', content: uploaded },
      },
    },
  },
  '/bundles/{sha256}': {
    get: {
      operationId: 'bundles-get',
      summary: 'Does the organisation have this bundle?',
      description: 'HEAD before an upload spares it.',
      tags: ['bundles'],
      security,
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
  ...ARTIFACT_PATHS,
  '/health': plain('Is the process alive?', 'health'),
  '/ready': plain('Can requests be answered? The database answers and has the newest schema.', 'ready'),
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['service'],
      responses: {
        200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
}
