import { artifactId, attempt, type HandWritten, jobId, security } from './openapi-parts'

const tags = ['artifacts']

/** Downloads of what jobs made. */
export const ARTIFACT_OPERATIONS: HandWritten[] = [
  {
    method: 'GET',
    path: '/jobs/{jobId}/artifacts/{artifactId}',
    errors: { 409: 'It is still being uploaded.', 410: 'The object store no longer has it.' },
    operation: {
      operationId: 'artifacts-download',
      summary: 'Download a file that a job made',
      description:
        'Sends the caller on to the object store, by a URL that is good for a minute. The store serves ranges of it, so that a download that broke off is resumed by asking here again.',
      ...{ tags, security },
      parameters: [
        jobId,
        artifactId,
        {
          name: 'inline',
          in: 'query',
          description:
            '1: to be shown rather than saved, where it is an image (PNG, JPEG, GIF, WebP) or text (plain, CSV, JSON).',
          schema: { type: 'string', enum: ['0', '1'], default: '0' },
        },
      ],
      responses: {
        302: {
          description: 'Where it is.',
          headers: {
            Location: {
              description: 'In the object store, for a minute.',
              required: true,
              schema: { type: 'string', format: 'uri' },
            },
          },
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/jobs/{jobId}/artifacts.zip',
    errors: { 410: 'The object store no longer has one of them.' },
    operation: {
      operationId: 'artifacts-zip',
      summary: 'Download all files that a job made, as a zip',
      description:
        'In the order of their paths, stored and not compressed. When it cannot be made to its end, it has fewer bytes than Content-Length says.',
      ...{ tags, security },
      parameters: [jobId, attempt],
      responses: {
        200: {
          description: 'The zip.',
          headers: {
            'Content-Length': { description: 'Of the whole zip.', required: true, schema: { type: 'integer' } },
          },
          content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
        },
      },
    },
  },
]
