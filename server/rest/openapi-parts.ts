/** What several of the paths have that are written by hand. */
export const security = [{ token: [] }]
export const jobId = { name: 'jobId', in: 'path', required: true, schema: { type: 'string' } }
export const attempt = {
  name: 'attempt',
  in: 'query',
  description: 'Number of the attempt; default: the current one.',
  schema: { type: 'integer', minimum: 1 },
}
