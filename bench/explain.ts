import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Db } from '../db/client'
import type { Database } from '../db/schema'

/** Tables that grow with every job. The others are as large as the fleet, the people, or what waits. */
const BIG_TABLES = [
  'jobs',
  'attempts',
  'events',
  'outbox',
  'log_heads',
  'log_chunks',
  'artifacts',
  'stored_objects',
  'box_rests',
]

/** A table of so few pages is rightly read whole, whatever it may become. */
const FEW_PAGES = 100

/** A node of a plan, as EXPLAIN says it in JSON; row counts are per loop. */
type PlanNode = {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  /** Of a ModifyTable. */
  Operation?: string
  'Actual Loops': number
  'Actual Rows': number
  'Rows Removed by Filter'?: number
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: PlanNode[]
}
/** A statement as it ran, with the plan that it ran by. */
export type Explained = { text: string; plan: PlanNode; ms: number }

const SETTINGS = {
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_timing': 'off', // clocks at every row would be most of the time
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  client_min_messages: 'notice',
}

/**
 * A database whose statements tell the plans by which they ran: verbs are explained as they are, none of their SQL is copied.
 * Needs a superuser and the server's `auto_explain`.
 */
export function explainingDb(databaseUrl: string, tell: (explained: Explained) => void): Db {
  const options = Object.entries(SETTINGS).map(([name, value]) => `-c ${name}=${value}`)
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    options: ['-c session_preload_libraries=auto_explain', ...options].join(' '),
    max: 4,
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('notice', ({ message = '' }) => {
      const [, ms, json] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message) ?? []
      if (!json) return
      const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode }
      tell({ text, plan, ms: Number(ms) })
    })
  })
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}

/**
 * What is wrong with a plan: it reads a big table from end to end, or looks at many rows in vain (more than `maxRemoved`, and more
 * than it uses), which is the same by way of an index.
 */
export function faultsOf({ plan }: Explained, maxRemoved: number): string[] {
  return [...nodesOf(plan)].flatMap((node) => {
    const table = node['Relation Name'] ?? ''
    if (!BIG_TABLES.includes(table) || node['Actual Loops'] === 0) return []
    const removed = (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops']
    const used = node['Actual Rows'] * node['Actual Loops']
    const pages = node['Shared Hit Blocks'] + node['Shared Read Blocks']
    if (node['Node Type'] === 'Seq Scan') return pages > FEW_PAGES ? [`sequential scan of ${table}`] : []
    return removed > maxRemoved && removed > used ? [`${removed} rows of ${table} were read in vain`] : []
  })
}

/** How the tables of a plan are reached, for people: `jobs by jobs_of_org, boxes whole`. */
export function waysOf({ plan }: Explained): string {
  const ways = [...nodesOf(plan)].flatMap((node) => {
    const { 'Relation Name': table, 'Index Name': index, 'Node Type': type, Plans } = node
    if (node['Actual Loops'] === 0) return []
    if (type === 'ModifyTable') return [`${node.Operation} ${table}`.toLowerCase()]
    if (type === 'Seq Scan') return [`${table} whole`]
    if (index && table) return [`${table} by ${index}`]
    return type === 'Bitmap Heap Scan' && table
      ? [`${table} by ${Plans?.map((child) => child['Index Name'] ?? child['Node Type']).join()}`]
      : []
  })
  return [...new Set(ways)].join(', ') || 'no table'
}

/** Pages of 8 KB that a statement touched. */
export function pagesOf({ plan }: Explained): number {
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}
