import fc from 'fast-check'
import type { JsonSchema } from '../rest/json-schema'

/** Values for fields of these names: things that are there, and what no schema can say. */
export type Hints = Record<string, fc.Arbitrary<unknown>>

/** What programs send by mistake or by malice. */
const WILD = [
  ...[
    '',
    ' ',
    '5',
    '-1',
    'null',
    'x\0y',
    '\ud800',
    '../..',
    "'; drop table jobs; --",
    '\u202e',
    '%s',
    '😀'.repeat(200),
  ],
  ...[null, true, 0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, [], [[]], [null], {}, { $ne: null }, 'x'.repeat(5_000)],
]
export const wild: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...WILD),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
)
export const wildText = wild.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))

/** Values that a schema takes. @param name of the field, for its hint */
export function valueFor(schema: JsonSchema, hints: Hints, name = ''): fc.Arbitrary<unknown> {
  const hint = hints[name]
  const own = plainValue(schema, hints, name)
  return hint ? fc.oneof({ weight: 9, arbitrary: hint }, { weight: 1, arbitrary: own }) : own
}

function plainValue(schema: JsonSchema, hints: Hints, name: string): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((way) => valueFor(way, hints)))
  if (schema.properties) return objectOf(schema, hints)
  if (schema.type === 'array') {
    const { minItems: minLength = 0, maxItems = 3 } = schema
    return fc.array(valueFor(schema.items ?? {}, hints, name), { minLength, maxLength: Math.min(maxItems, 3) })
  }
  if (schema.type === 'object') {
    const value = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    return fc.dictionary(textOf(schema.propertyNames ?? {}), valueFor(value, hints), { maxKeys: 3 })
  }
  if (schema.type === 'integer') {
    const { minimum: min = 0, maximum: max = 2 ** 31 - 1 } = schema
    return fc.oneof(fc.integer({ min, max: Math.min(max, min + 100) }), fc.integer({ min, max }))
  }
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'null') return fc.constant(null)
  return schema.type === 'string' ? textOf(schema) : fc.jsonValue()
}

/** With the fields that it requires, one of its choices, and some of the others. */
function objectOf({ properties = {}, required = [], oneOf }: JsonSchema, hints: Hints): fc.Arbitrary<unknown> {
  const all = Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, valueFor(of, hints, key)]))
  const choices = oneOf ?? [{}]
  return fc.constantFrom(...choices).chain((choice) => {
    const needed = [...required, ...(choice.required ?? [])]
    const refused = choices.flatMap((other) => (other === choice ? [] : (other.required ?? [])))
    const fixed = Object.fromEntries(
      Object.entries(choice.properties ?? {}).map(([key, of]) => [key, valueFor(of, {})]),
    )
    const model = Object.fromEntries(Object.entries({ ...all, ...fixed }).filter(([key]) => !refused.includes(key)))
    const others = Object.keys(model).filter((key) => !needed.includes(key))
    const few = fc
      .subarray(others, { maxLength: Math.min(2, others.length) })
      .chain((keys) =>
        fc.record(
          Object.fromEntries(Object.entries(model).filter(([key]) => keys.includes(key) || needed.includes(key))),
        ),
      )
    return fc.oneof(few, fc.record(model, { requiredKeys: needed }))
  })
}

function textOf({ pattern, format, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((at) => at.toISOString())
  const most = Math.max(minLength, Math.min(maxLength, 40))
  if (pattern?.includes('\\p{'))
    return fc
      .string({ unit: 'grapheme', minLength, maxLength: most })
      .filter((text) => new RegExp(pattern, 'u').test(text))
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc.oneof(fc.string({ minLength, maxLength: most }), fc.string({ unit: 'binary', minLength, maxLength: most }))
}

/** A value with one thing in it that is otherwise: a field is gone, new, or something else. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wild
  const fields = Object.entries(value)
  const unknown = fc.tuple(fc.constantFrom('nonsense', '__proto__', 'constructor', 'id', ''), wild)
  const added = unknown.map(([key, of]) => Object.fromEntries([...fields, [key, of]]))
  if (fields.length === 0) return added
  return fc.constantFrom(...fields).chain(([key, of]) => {
    const others = fields.filter(([name]) => name !== key)
    const changed = spoiled(of).map((bad) => Object.fromEntries([...others, [key, bad]]))
    return fc.oneof(added, fc.constant(Object.fromEntries(others)), changed)
  })
}
