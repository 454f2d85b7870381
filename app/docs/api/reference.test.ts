import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { openApiDocument } from '../../../server/rest/openapi'
import { curlOf } from './curl'
import { type Operation, referenceOf } from './reference'
import { type Field, fieldOf, fieldsOf, typeOf } from './schema-fields'

const document = openApiDocument()
const reference = referenceOf(document)
const operations = reference.groups.flatMap((group) => group.operations)

function operation(id: string): Operation {
  const found = operations.find((one) => one.id === id)
  if (!found) throw new Error(`No operation ${id}`)
  return found
}

/** A field by its names, from the outside in. */
function at(fields: Field[], ...names: string[]): Field {
  const [name, ...rest] = names
  const found = fields.find((field) => field.name === name)
  if (!found) throw new Error(`No field ${name}`)
  return rest.length > 0 ? at(found.children, ...rest) : found
}

test('every operation of the document stands in one group, under an anchor of its own', () => {
  const count = Object.values(document.paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0)
  expect(operations).toHaveLength(count)
  expect(new Set(operations.map(({ id }) => id)).size).toBe(count)
  expect(reference.groups.filter((group) => group.operations.length === 0)).toEqual([])
})

test('a body tells of its fields: type, limits, default, and what belongs together', () => {
  const [json, form] = operation('jobs-submit').body?.contents ?? []
  const fields = json?.fields ?? []
  expect(at(fields, 'timeoutSeconds')).toMatchObject({ type: 'integer', limits: ['1 to 604800', 'default 3600'] })
  expect(at(fields, 'script').limits).toEqual(['one of script, bundle', 'not empty'])
  expect(at(fields, 'target')).toMatchObject({ type: 'object', required: false })
  expect(at(fields, 'target').children.map(({ name }) => name)).toEqual(['box', 'group', 'any'])
  expect(at(fields, 'artifacts', 'globs')).toMatchObject({ type: 'array of string' })
  expect(at(fields, 'labels')).toMatchObject({
    type: 'map of string',
    limits: expect.arrayContaining(['at most 64 entries', 'each at most 200 characters']),
  })
  expect(at(form?.fields ?? [], 'job').children.map(({ name }) => name)).not.toContain('script')
  expect(at(form?.fields ?? [], 'bundle').type).toBe('bytes')
})

test('an answer tells what it refers to, also inside of a list', () => {
  const [page] = operation('jobs-list').answers[0]?.contents ?? []
  expect(at(page?.fields ?? [], 'items').type).toBe('array of Job')
  expect(at(page?.fields ?? [], 'items', 'state').values).toContain('waiting_for_box')
  expect(at(page?.fields ?? [], 'items', 'exitCode').type).toBe('integer or null')
  expect(at(page?.fields ?? [], 'items', 'signal').type).toBe('string or null')
  expect(at(page?.fields ?? [], 'items', 'waitReasons', 'code')).toMatchObject({ required: true })
  expect(operation('jobs-list').answers[0]?.headers.map(({ name }) => name)).toEqual(['Link'])
  const full = operation('jobs-get').errors.find(({ status }) => status === '429')
  expect(full?.headers.map(({ name }) => name)).toEqual(['Retry-After'])
})

test('a schema that refers to itself ends', () => {
  const schemas = { Tree: { type: 'object', properties: { of: { $ref: '#/components/schemas/Tree' } } } }
  expect(fieldsOf({ $ref: '#/components/schemas/Tree' }, schemas)[0]).toMatchObject({ type: 'Tree', children: [] })
  expect(fieldOf('a', { type: 'array', items: { type: 'string', format: 'uri' } }, true, {}).type).toBe(
    'array of string (uri)',
  )
  expect(typeOf({}, {})).toBe('anything')
})

test('commands say method, path, token and body, each as one word of bash', () => {
  const url = 'https://stout.test'
  const submit = curlOf(operation('jobs-submit').command, url)
  expect(submit).toMatch(/^curl "https:\/\/stout\.test\/api\/v1\/jobs" \\\n {2}-H "Authorization: Bearer \$TOKEN" \\\n/)
  expect(submit).toContain('"script": "print(\\"hello from a box\\")\\n"')
  expect(curlOf(operation('groups-remove').command, url)).toMatch(/^curl -X DELETE "https:.*\/groups\/group_\w+"/)
  expect(curlOf(operation('jobs-findInLog').command, url)).toContain('/logs/find?text=error"')
  expect(curlOf(operation('jobs-logs-stream').command, url)).toMatch(/^curl -N /)
  expect(curlOf(operation('artifacts-download').command, url)).toMatch(/^curl -L -O -J /)
  expect(curlOf(operation('bundles-upload').command, url)).toContain('--data-binary @rig.zip')
  expect(curlOf(operation('health').command, url)).toBe(`curl "${url}/api/v1/health"`)
  const tricky = {
    ...operation('jobs-cancel').command,
    body: { type: 'application/json', example: { reason: "it's $HOME" } },
  }
  for (const command of [...operations.map((one) => one.command), tricky]) {
    const words = execFileSync('bash', ['--norc', '-c', curlOf(command, url).replace(/^curl/m, `printf '%s\\0'`)], {
      env: { ...process.env, TOKEN: 't', WORKER: 'w' },
    })
    const given = words.toString().split('\0')
    expect(
      given.some((word) => word.endsWith(`/api/v1${command.path}`) || word.includes(`/api/v1${command.path}?`)),
    ).toBe(true)
    const json = command.body?.type === 'application/json' ? command.body.example : undefined
    if (json) expect(given.map((word) => (word.startsWith('{') ? JSON.parse(word) : undefined))).toContainEqual(json)
  }
})
