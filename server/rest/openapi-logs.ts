import { attempt, type HandWritten, jobId, security } from './openapi-parts'

const tags = ['jobs']
const LINE = '{"attempt":1,"n":1,"at":"2026-11-24T09:30:00.000Z","stream":"stdout","text":"hello from a box"}'

/** Logs as streams of events and of bytes. */
export const LOG_OPERATIONS: HandWritten[] = [
  {
    method: 'GET',
    path: '/jobs/{jobId}/logs/stream',
    operation: {
      operationId: 'jobs-logs-stream',
      summary: 'Follow a log as server-sent events',
      description:
        'Every line once and in order: first those that are there, then the rest as it comes. The data of a message is a JSON array of lines, its id is <attempt>.<n> of the last one. After an interruption, Last-Event-ID goes on after that line. A message of the event `end` with { attempt, lastN } is said once, at the end.',
      ...{ tags, security },
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
        200: {
          description: 'The stream.',
          content: {
            'text/event-stream': {
              schema: { type: 'string' },
              example: `id: 1.1\ndata: [${LINE}]\n\nevent: end\ndata: {"attempt":1,"lastN":1}\n\n`,
            },
          },
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/jobs/{jobId}/logs/raw',
    operation: {
      operationId: 'jobs-logs-raw',
      summary: 'Download what the script wrote, byte by byte',
      description: 'As far as it has come. When it cannot be read to its end, the connection breaks off.',
      ...{ tags, security },
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
      responses: {
        200: {
          description: 'The bytes.',
          content: { 'text/plain': { schema: { type: 'string' }, example: 'hello from a box\n' } },
        },
      },
    },
  },
]
