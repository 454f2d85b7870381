import { attempt, type HandWritten, jobId, security } from './openapi-parts'

const tags = ['jobs']
const LINE = '{"attempt":1,"n":1,"at":"2026-11-24T09:30:00.000Z","stream":"stdout","text":"hello from a box"}'

const follow = {
  name: 'follow',
  in: 'query',
  description: '0: only what is there now.',
  schema: { type: 'string', enum: ['0', '1'], default: '1' },
}
const lastEventId = {
  name: 'lastEventId',
  in: 'query',
  schema: { type: 'string', pattern: '^([1-9][0-9]{0,8}\\.[0-9]{1,9})?$' },
}

/** Logs as streams of events, of messages and of bytes. */
export const LOG_OPERATIONS: HandWritten[] = [
  {
    method: 'GET',
    path: '/jobs/{jobId}/logs/stream',
    operation: {
      operationId: 'jobs-logs-stream',
      summary: 'Follow a log as server-sent events',
      description:
        'Every line once and in order: first those that are there, then the rest as it comes. The data of a message is a JSON array of lines (LogLine), its id is `<attempt>.<n>` of the last one. After an interruption, Last-Event-ID goes on after that line. A message of the event `end` with `{ attempt, lastN }` is said once, at the end; a stream that ends without it was broken off. A comment every 20 s keeps proxies patient. Within 5 s after the token is revoked or expires the stream ends.',
      ...{ tags, security },
      parameters: [
        jobId,
        attempt,
        follow,
        {
          ...lastEventId,
          description: 'The same as the header Last-Event-ID, for clients that cannot set it.',
        },
        {
          ...{ name: 'Last-Event-ID', in: 'header', schema: lastEventId.schema },
          description: 'Goes on after that message: `<attempt>.<n>` of the last line that was read.',
        },
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
    path: '/jobs/{jobId}/logs/ws',
    operation: {
      operationId: 'jobs-logs-ws',
      summary: 'Follow a log over a WebSocket',
      description:
        'The messages of the event stream, each a JSON text: `{ "event": "message", "id": "<attempt>.<n>", "data": [LogLine, …] }` and once, at the end, `{ "event": "end", "data": { "attempt", "lastN" } }`; then it is closed with 1000. Answered by the worker: at its own port, or behind the same reverse proxy as the rest.\n\nWho cannot send the Authorization header says the token first, within 10 s: `{ "token": "stout_…", "lastEventId": "1.42" }`, the latter where needed; from our own pages the cookie of the session will do. Such a socket is closed with 4401 for a token that opens nothing, 4400 for what is no such message, 4404 for a job that is not there.\n\nA ping comes every 20 s; who does not answer it, or takes nothing for 30 s, is cut. It is closed with 4401 when the token is revoked or expires, 1012 when the worker restarts, 1013 when the log cannot be read just now. Connect again, and resume by lastEventId.',
      ...{ tags, security },
      servers: [
        { url: '/api/v1', description: 'Behind a reverse proxy that leads this path to the worker.' },
        {
          url: '{worker}/api/v1',
          description: 'The worker itself.',
          variables: { worker: { default: 'http://127.0.0.1:3001', description: 'Where the worker listens.' } },
        },
      ],
      parameters: [
        jobId,
        attempt,
        follow,
        { ...lastEventId, description: 'Goes on after that message: `<attempt>.<n>` of the last line that was read.' },
      ],
      responses: { 101: { description: 'It is open, and says what there is.' } },
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
