import fc from 'fast-check'
import { zipSync } from 'fflate'
import type { Documented, DocumentedParameter } from './document'
import { type Hints, spoiled, valueFor, wild, wildText } from './from-schema'
import { FORM_TYPE, formOf } from './upload'

/** A request as it goes out. `json`: what its body says, where it is JSON. */
export type WildRequest = {
  params: Record<string, string>
  query: [string, string][]
  headers: Record<string, string>
  body?: Buffer
  json?: unknown
  who: 'owner' | 'viewer' | 'nobody'
}

const ZIP = Buffer.from(zipSync({ 'main.py': Buffer.from('print(1)'), 'data/a.txt': Buffer.from('a') }))
const zip = fc.oneof(
  fc.constant(ZIP),
  fc.nat(ZIP.length).map((length) => ZIP.subarray(0, length)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)
const GARBAGE = ['', '{', '[]', 'null', '"text"', '{"a":1}{', '\ufeff{}', '{"name":"\ud800"}']
const TYPES = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/zip', FORM_TYPE, '']

/** Mostly `usual`, now and then `other`. */
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 6) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other })

/** Requests of an operation: those that its document takes, and those that it nearly takes. */
export function requestOf(operation: Documented, hints: Hints): fc.Arbitrary<WildRequest> {
  const inPlace = (place: string) => operation.parameters.filter((parameter) => parameter.in === place)
  return fc
    .record({
      params: record(inPlace('path'), (one) => mostly(text(one, hints), wildText.filter(isPathPart))),
      query: queryOf(inPlace('query'), hints),
      headers: headersOf(inPlace('header'), hints),
      sent: bodyOf(operation, hints),
      who: fc.oneof(
        { weight: 10, arbitrary: fc.constant('owner' as const) },
        fc.constantFrom('viewer' as const, 'nobody' as const),
      ),
    })
    .map(({ sent: { type, ...sent }, headers, ...rest }) => ({
      ...rest,
      ...sent,
      headers: { ...headers, ...(type && { 'content-type': type }) },
    }))
}

const isPathPart = (text: string) => text !== '' && text !== '.' && text !== '..' && text.isWellFormed()

function record<T>(parameters: DocumentedParameter[], of: (parameter: DocumentedParameter) => fc.Arbitrary<T>) {
  return fc.record(Object.fromEntries(parameters.map((parameter) => [parameter.name, of(parameter)])))
}

function text({ name, schema }: DocumentedParameter, hints: Hints): fc.Arbitrary<string> {
  const one = schema.type === 'array' ? (schema.items ?? {}) : schema
  return valueFor(one, hints, name).map(String)
}

function queryOf(parameters: DocumentedParameter[], hints: Hints): fc.Arbitrary<[string, string][]> {
  const entries = parameters.map((parameter) => {
    const value = mostly(text(parameter, hints), wildText, 9)
    const given = value.map((of): [string, string][] => [[parameter.name, of]])
    const twice = fc.tuple(value, value).map((both) => both.map((of): [string, string] => [parameter.name, of]))
    const none = fc.constant<[string, string][]>([])
    if (parameter.required) return fc.oneof({ weight: 9, arbitrary: given }, none, twice)
    return fc.oneof({ weight: 6, arbitrary: none }, { weight: 3, arbitrary: given }, { weight: 1, arbitrary: twice })
  })
  const stray = mostly<[string, string][]>(
    fc.constant([]),
    wildText.map((of) => [['nonsense', of]]),
    15,
  )
  return fc.tuple(...entries, stray).map((all) => all.flat().filter(([, of]) => of.isWellFormed()))
}

const VISIBLE = /[^\x20-\x7e]/g

function headersOf(parameters: DocumentedParameter[], hints: Hints): fc.Arbitrary<Record<string, string>> {
  const one = (parameter: DocumentedParameter) =>
    mostly(text(parameter, hints), wildText, 3).map((of) => of.replaceAll(VISIBLE, '').trim())
  const model = Object.fromEntries(parameters.map((parameter) => [parameter.name, one(parameter)]))
  return mostly(fc.constant({}), fc.record(model, { requiredKeys: [] }), 2)
}

type Sent = { type?: string; body?: Buffer; json?: unknown }
const asJson = (json: unknown): Sent => ({ type: 'application/json', body: Buffer.from(JSON.stringify(json)), json })

function bodyOf({ method, body }: Documented, hints: Hints): fc.Arbitrary<Sent> {
  if (method === 'GET') return fc.constant({})
  const schema = body['application/json']?.schema
  const garbage = fc.record({
    type: fc.constantFrom(...TYPES),
    body: fc.constantFrom(...GARBAGE).map((of) => Buffer.from(of)),
  })
  if (!schema && body['application/zip']) {
    return mostly<Sent>(
      zip.map((of) => ({ type: 'application/zip', body: of })),
      garbage,
    )
  }
  if (!schema)
    return mostly<Sent>(
      fc.constant({}),
      fc.oneof(
        garbage,
        fc.constant(asJson({})),
        wild.map((of) => asJson({ nonsense: of })),
      ),
    )
  const own = valueFor(schema, hints)
  const value = hints.body ? fc.oneof(hints.body, own) : own
  const form = body['multipart/form-data']?.schema.properties?.job
  return fc.oneof(
    { weight: 6, arbitrary: value.map(asJson) },
    { weight: 5, arbitrary: value.chain(spoiled).map(asJson) },
    { weight: 1, arbitrary: garbage },
    ...(form ? [{ weight: 3, arbitrary: formArbitrary(valueFor(form, hints)) }] : []),
  )
}

function formArbitrary(job: fc.Arbitrary<unknown>): fc.Arbitrary<Sent> {
  const part = (name: string, type: string) => (content: string | Buffer) => ({ name, content, type, fileName: name })
  const parts = fc.tuple(
    mostly(job, job.chain(spoiled), 2).map((of) => part('job', 'application/json')(JSON.stringify(of))),
    zip.map(part('bundle', 'application/zip')),
  )
  return mostly(
    parts,
    parts.map(([first]) => [first, first] as typeof parts extends fc.Arbitrary<infer T> ? T : never),
  ).map((all) => ({
    type: FORM_TYPE,
    body: formOf(all),
  }))
}
