import { expect, test } from 'vitest'
import { OPERATIONS, wrongExamples } from '../testing/document'
import { appRouter } from '../trpc/router'
import { openApiDocument } from './openapi'
import { operationsOf } from './route-table'

type Json = Record<string, unknown>
const document = openApiDocument() as unknown as Json & {
  paths: Record<string, Record<string, Json>>
  components: Json
}

/** Every value below `value`, with what it is called. */
function* walk(value: unknown, key = ''): Generator<[string, unknown]> {
  yield [key, value]
  if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* walk(inner, name)
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('the document is OpenAPI 3.1 and describes every route', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Stout' } })
  expect(operations.map(({ path, method }) => `${method} ${path}`).sort()).toEqual([
    ...[
      'delete /boxes/{boxId}',
      'delete /groups/{groupId}',
      'delete /tokens/{tokenId}',
      'get /boxes',
      'get /boxes/{boxId}',
      'get /boxes/{boxId}/events',
      'get /bundles/{sha256}',
      'get /groups',
      'get /groups/{groupId}',
      'get /health',
      'get /jobs',
      'get /jobs/{jobId}',
      'get /jobs/{jobId}/artifacts',
      'get /jobs/{jobId}/artifacts.zip',
      'get /jobs/{jobId}/artifacts/{artifactId}',
      'get /jobs/{jobId}/attempts',
      'get /jobs/{jobId}/events',
    ],
    ...['get /jobs/{jobId}/logs', 'get /jobs/{jobId}/logs/find'],
    ...['get /jobs/{jobId}/logs/raw', 'get /jobs/{jobId}/logs/stream', 'get /jobs/{jobId}/logs/ws'],
    'get /jobs/{jobId}/output',
    'get /jobs/{jobId}/submission',
    ...['get /openapi.json', 'get /ready', 'get /retention', 'get /tokens'],
    ...['patch /boxes/{boxId}', 'patch /groups/{groupId}', 'patch /jobs/{jobId}', 'patch /retention'],
    ...[
      'post /boxes',
      'post /boxes/probe',
      'post /boxes/{boxId}/release',
      'post /bundles',
      'post /groups',
      'post /jobs',
      'post /jobs/{jobId}/cancel',
      'post /jobs/{jobId}/rerun',
      'post /tokens',
    ],
  ])
})

test('every reference leads somewhere, every path parameter is declared, every operation has its own id', () => {
  for (const [key, value] of walk(document)) {
    if (key !== '$ref') continue
    const target = String(value)
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Json)?.[name], document)
    expect(target, String(value)).toBeDefined()
  }
  for (const { path, operation } of operations) {
    const declared = ((operation.parameters ?? []) as Json[]).filter((p) => p.in === 'path').map((p) => p.name)
    expect(declared, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    expect(operation.summary, path).toBeTruthy()
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('it says 201 with Location for what makes something, and the errors that the API gives', () => {
  const submit = document.paths['/jobs']?.post as { responses: Record<string, Json>; requestBody: Json }
  expect(Object.keys(submit.responses)).toEqual([
    ...['201', '400', '401', '403', '409', '413', '415', '422', '429', '500', '503'],
  ])
  expect(submit.responses['201']).toMatchObject({ headers: { Location: {} } })
  expect(submit.requestBody).toMatchObject({
    required: true,
    content: {
      'application/json': {
        schema: { oneOf: [{ required: ['script'] }, { required: ['bundle'] }], additionalProperties: false },
      },
    },
  })
  const cancel = document.paths['/jobs/{jobId}/cancel']?.post as { responses: Json; requestBody: Json }
  expect(Object.keys(cancel.responses)).toContain('409')
  expect(cancel.requestBody.required).toBe(false)
})

test('each procedure says itself which errors it gives, and when', () => {
  const told = operationsOf(appRouter).flatMap(({ method, path, meta }) =>
    Object.entries(meta.errors ?? {}).map(([status, when]) => ({ method: method.toLowerCase(), path, status, when })),
  )
  expect(told.length).toBeGreaterThan(10)
  for (const { method, path, status, when } of told) {
    const operation = document.paths[path]?.[method] as { responses: Record<string, Json> } | undefined
    expect(operation?.responses[status]?.description, `${method} ${path} ${status}`).toContain(when)
  }
})

test('every operation has an example of its answer, and of its body where that is JSON', () => {
  const json = (part: unknown) =>
    (part as { content?: Record<string, Json> } | undefined)?.content?.['application/json']
  for (const { path, method, operation } of operations) {
    const bodies = [operation.requestBody, ...Object.values(operation.responses as Record<string, Json>)]
    for (const content of bodies.map(json)) {
      if (content) expect(content.example, `${method} ${path}`).toBeDefined()
    }
    for (const parameter of (operation.parameters ?? []) as Json[]) {
      if (parameter.in === 'path') expect(parameter.example, `${method} ${path}`).toBeDefined()
    }
  }
})

test('every parameter says what it is, and no schema has the pattern of an instant', () => {
  for (const { path, method, operation } of operations) {
    for (const parameter of (operation.parameters ?? []) as Json[]) {
      expect(parameter.description, `${method} ${path}: ${parameter.name}`).toBeTruthy()
    }
  }
  const instants = [...walk(document)].filter(([, value]) => (value as Json | null)?.format === 'date-time')
  expect(instants.length).toBeGreaterThan(10)
  expect(instants.filter(([, value]) => 'pattern' in (value as Json))).toEqual([])
})

test.each(OPERATIONS)('the examples of $method $path are what its schemas take', (operation) => {
  expect(wrongExamples(operation)).toEqual([])
})

test('asking for the document changes no schema: a text is still no number', async () => {
  const { submissionSchema } = await import('../../core/jobs/submission')
  expect(submissionSchema.safeParse({ script: 'x', timeoutSeconds: '5' }).success).toBe(false)
})
