import type { JsonSchema, Schemas } from '../../../server/rest/json-schema'

/** One field of a body, an answer or a request's parameters, for readers. */
export type Field = {
  name: string
  required: boolean
  /** As people say it: `array of string`, `Job`, `integer or null`. */
  type: string
  /** What it may be, apart from its type: `1 to 200 characters`, `default 50`. */
  limits: string[]
  /** The texts that it may be, where they are few. */
  values: string[]
  pattern?: string
  description?: string
  /** Fields of what stands there, or of each thing in it. */
  children: Field[]
}

/** The fields of an object, or of each thing in a list, with references resolved. One that refers to itself is not entered again. */
export function fieldsOf(schema: JsonSchema | undefined, schemas: Schemas, seen: readonly string[] = []): Field[] {
  if (!schema) return []
  const name = refName(schema)
  if (name !== undefined) return seen.includes(name) ? [] : fieldsOf(schemas[name], schemas, [...seen, name])
  if (schema.properties) {
    const choice = schema.oneOf?.flatMap(({ required = [] }) => required) ?? []
    return Object.entries(schema.properties).map(([key, of]) => {
      const required = schema.required?.includes(key) ?? false
      const field = fieldOf(key, of, required, schemas, seen)
      return choice.includes(key) ? { ...field, limits: [`one of ${choice.join(', ')}`, ...field.limits] } : field
    })
  }
  const ways = notNull(schema)
  if (ways) return merged(ways.map((way) => fieldsOf(way, schemas, seen)))
  if (schema.items) return fieldsOf(schema.items, schemas, seen)
  return typeof schema.additionalProperties === 'object' ? fieldsOf(schema.additionalProperties, schemas, seen) : []
}

export function fieldOf(
  name: string,
  schema: JsonSchema,
  required: boolean,
  schemas: Schemas,
  seen: readonly string[] = [],
): Field {
  const { description = schemas[refName(schema) ?? '']?.description, default: preset } = schema
  const values = valuesOf(schema)
  const pattern = patternOf(schema)
  return {
    ...{ name, required, type: typeOf(schema, schemas), values },
    ...(pattern !== undefined && { pattern }),
    limits: [...limitsOf(schema), ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`])],
    ...(description !== undefined && { description }),
    children: fieldsOf(schema, schemas, seen),
  }
}

/** What a schema is called in a sentence. */
export function typeOf(schema: JsonSchema, schemas: Schemas): string {
  const name = refName(schema)
  if (name !== undefined) return name
  const ways = schema.anyOf ?? (schema.properties ? undefined : schema.oneOf)
  if (ways) return [...new Set(ways.map((way) => typeOf(way, schemas)))].join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.type === 'array') return `array of ${typeOf(schema.items ?? {}, schemas)}`
  if (schema.properties) return 'object'
  if (typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0)
    return `map of ${typeOf(schema.additionalProperties, schemas)}`
  if (schema.format === 'binary') return 'bytes'
  const type = [schema.type ?? 'anything'].flat().join(' or ')
  return schema.format ? `${type} (${schema.format})` : type
}

function refName({ $ref }: JsonSchema): string | undefined {
  return $ref?.split('/').at(-1)
}

/** The ways in which something may be, without null. */
function notNull({ anyOf, oneOf }: JsonSchema): JsonSchema[] | undefined {
  return (anyOf ?? oneOf)?.filter(({ type }) => type !== 'null')
}

/** The one way in which it may be, where the other is null. */
function core(schema: JsonSchema): JsonSchema {
  const ways = notNull(schema)
  return ways?.length === 1 && ways[0] ? ways[0] : schema
}

function valuesOf(schema: JsonSchema): string[] {
  const { items, enum: values = items?.enum ?? [] } = core(schema)
  return values.filter((value) => value !== null).map(String)
}

function patternOf(schema: JsonSchema): string | undefined {
  const { pattern, items, propertyNames } = core(schema)
  return pattern ?? items?.pattern ?? propertyNames?.pattern
}

function limitsOf(schema: JsonSchema): string[] {
  const one = core(schema)
  const { items, additionalProperties: value } = one
  const inner = items ?? (typeof value === 'object' ? value : undefined)
  return [
    ...range(one.minimum, one.maximum, ''),
    ...range(one.minLength, one.maxLength, 'characters'),
    ...range(one.minItems, one.maxItems, 'entries'),
    ...range(one.minProperties, one.maxProperties, 'entries'),
    ...(inner ? limitsOf(inner).map((limit) => `each ${limit}`) : []),
  ]
}

function range(min: number | undefined, max: number | undefined, unit: string): string[] {
  const known = max === Number.MAX_SAFE_INTEGER ? undefined : max
  const least = min === -Number.MAX_SAFE_INTEGER ? undefined : min
  const of = unit && ` ${unit}`
  if (least !== undefined && known !== undefined) return [`${least} to ${known}${of}`]
  if (least !== undefined) return [unit !== '' && least === 1 ? 'not empty' : `at least ${least}${of}`]
  return known === undefined ? [] : [`at most ${known}${of}`]
}

/** Fields of several ways, each once; none of them is required in every way. */
function merged(ways: Field[][]): Field[] {
  const byName = new Map(
    ways.flat().map((field) => [field.name, ways.length > 1 ? { ...field, required: false } : field]),
  )
  return [...byName.values()]
}
