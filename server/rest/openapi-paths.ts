const security = [{ token: [] }]
const jobId = { name: 'jobId', in: 'path', required: true, schema: { type: 'string' } }
const attempt = {
  name: 'attempt',
  in: 'query',
  description: 'Number of the attempt; default: the current one.',
  schema: { type: 'integer', minimum: 1 },
}
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
