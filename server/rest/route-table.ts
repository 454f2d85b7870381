import type { AnyRouter } from '@trpc/server'
import { z } from 'zod'
import type { Web } from '../compose'
import type { Meta } from '../trpc/init'

/** A request on its way to its handler. */
export type Asked = { web: Web; request: Request; requestId: string; params: Record<string, string> }
export type Route = { method: string; path: string; handle: (asked: Asked) => Promise<Response> }

/** An operation of the REST API that a tRPC procedure answers. */
export type Operation = {
  method: string
  path: string
  /** Dotted path of the procedure in its router. */
  procedure: string
  /** Query parameters that may be given more than once. */
  lists: ReadonlySet<string>
  /** What its schema says of each field, for people. */
  texts: Readonly<Record<string, string | undefined>>
  /** What a field is that is left out; zod tells the generator nothing of it where a text is made a number. */
  presets: Readonly<Record<string, unknown>>
  /** What the procedure says of itself. */
  meta: Meta
  /** Brings what the procedure answers into the form that it promised. */
  output: (value: unknown) => unknown
}

/** The operations that the routers declare by `meta.openapi`. */
export function operationsOf(router: AnyRouter): Operation[] {
  const procedures = router._def.procedures as Record<string, Declared>
  return Object.entries(procedures).flatMap(([procedure, { _def }]) => {
    const { meta, inputs = [], output } = _def
    if (!meta?.openapi) return []
    const { method, path } = meta.openapi
    return [
      {
        method,
        path,
        procedure,
        lists: listsOf(inputs[0]),
        texts: textsOf(inputs[0]),
        presets: presetsOf(inputs[0]),
        meta,
        output: (value: unknown) => output?.parse(value) ?? value,
      },
    ]
  })
}

type Declared = { _def: { meta?: Meta; inputs?: unknown[]; output?: z.ZodType } }

function textsOf(input: unknown): Record<string, string | undefined> {
  if (!(input instanceof z.ZodObject)) return {}
  return Object.fromEntries(Object.keys(input.shape).map((key) => [key, input.shape[key].description]))
}

function presetsOf(input: unknown): Record<string, unknown> {
  if (!(input instanceof z.ZodObject)) return {}
  return Object.fromEntries(
    Object.entries(input.shape).flatMap(([key, of]) =>
      of instanceof z.ZodDefault ? [[key, of.def.defaultValue]] : [],
    ),
  )
}

function listsOf(input: unknown): ReadonlySet<string> {
  if (!(input instanceof z.ZodObject)) return new Set()
  const isList = (schema: unknown): boolean =>
    schema instanceof z.ZodArray || (schema instanceof z.ZodOptional && isList(schema.unwrap()))
  return new Set(Object.keys(input.shape).filter((key) => isList(input.shape[key])))
}

/** Finds the route of a request: the route with its path parameters, or the methods that its path has (none: no such path). */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | { allow: string[] } {
  const here = routes.flatMap((route) => {
    const params = match(route.path, path)
    return params ? [{ route, params }] : []
  })
  const wanted = method === 'HEAD' ? 'GET' : method
  return here.find(({ route }) => route.method === wanted) ?? { allow: here.map(({ route }) => route.method) }
}

function match(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    const text = given[index] ?? ''
    if (name && text) params[name] = decode(text)
    else if (part !== text) return undefined
  }
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** An operation that takes no query passes none over in silence. @throws ZodError naming what it does not know */
export function refuseQuery(request: Request): void {
  refuseFields(Object.keys(queryOf(request)))
}

/** @throws ZodError for fields that an operation does not know */
export function refuseFields(keys: string[]): void {
  if (keys.length > 0) throw new z.ZodError([{ code: 'unrecognized_keys', keys, path: [], message: '', input: {} }])
}

/** The query as an object: a list where the operation takes lists or a name is repeated. */
export function queryOf(request: Request, lists: ReadonlySet<string> = new Set()): Record<string, unknown> {
  const { searchParams } = new URL(request.url)
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key)
      return [key, values.length > 1 || lists.has(key) ? values : values[0]]
    }),
  )
}
