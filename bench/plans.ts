import { availableParallelism, loadavg } from 'node:os'
import pg from 'pg'
import { type Explained, faultsOf, pagesOf, waysOf } from './explain'
import { fill } from './fill'
import { withDatabase } from './throwaway'
import { type Ran, runVerbs } from './verbs'

/** Rows that a statement may look at in vain and still count as found by an index. */
const MAX_REMOVED = 2_000
const ROUNDS = 4

/**
 * Fills a throwaway database and prints, as a table of docs/operations.md, each statement of sweeps, relay, placement, lists and
 * the life of a job: how it reaches its tables, what it touches, how long it takes. Returns false when one reads a big table
 * from end to end, or takes longer than `limitMs`.
 */
export async function plans(jobs: number, limitMs: number): Promise<boolean> {
  return await withDatabase(async (databaseUrl) => {
    const began = performance.now()
    await fill(databaseUrl, { jobs })
    console.error(`filled with ${jobs} jobs in ${Math.round((performance.now() - began) / 1_000)} s`)
    const rounds: Ran[][] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await runVerbs(databaseUrl)) // what a round changes is little
    const ran = fastest(rounds)
    console.log(await introduction(databaseUrl, jobs))
    console.log('| asked for | statement | reaches | pages | ms |\n|---|---|---|---|---|')
    for (const line of ran.flatMap(rowsOf)) console.log(line)
    const slow = ran.flatMap(({ verb, statements }) =>
      statements.filter(({ ms }) => ms > limitMs).map((one) => `${verb}: ${one.ms} ms: ${brief(one)}`),
    )
    const found = [...ran.flatMap(faults), ...slow]
    for (const fault of found) console.error(fault)
    return found.length === 0
  })
}

/** What stands above the table, with what this run was made on. */
async function introduction(databaseUrl: string, jobs: number): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ version: string; boxes: number; waiting: number }>(
    `select current_setting('server_version') as version, (select count(*)::int from boxes) as boxes,
      (select count(*)::int from jobs where state in ('queued', 'waiting_for_box')) as waiting`,
  )
  await client.end()
  const { version, boxes, waiting } = rows[0] ?? { version: '?', boxes: 0, waiting: 0 }
  const load = loadavg().map((mean) => mean.toFixed(0))
  const count = (number: number) => number.toLocaleString('en')
  return `# Statements among ${count(jobs)} jobs

Written by \`npm run bench -- plans > docs/plans.md\`, this text too. It fills a throwaway database (\`bench/fill.ts\`: jobs of four
organisations with attempts, events, logs, artifacts and objects; ${count(boxes)} boxes, seven in ten of them busy; some ${count(waiting)} jobs
that wait at the end of the run; a backlog of events in the outbox), runs the product's own verbs, and lets Postgres tell the plan by
which each statement really ran (\`auto_explain\`). Pages are of 8 KB, times in milliseconds: the fastest of ${ROUNDS} rounds, or of the one
round in which a statement had something to do. This run: Postgres ${version} without tuning, ${availableParallelism()} cores, load ${load.join(', ')} (of
1, 5 and 15 minutes: a load above the number of cores makes times several times longer; pages stay).
`
}

/** Each statement as it ran fastest: the machine is shared, and the first round meets cold caches. */
function fastest(rounds: Ran[][]): Ran[] {
  const [first = []] = rounds
  const all = rounds.flat()
  return first.map(({ verb, statements }) => ({
    verb,
    statements: statements.map((one) => {
      const same = all
        .filter((ran) => ran.verb === verb)
        .flatMap((ran) => ran.statements.filter(({ text }) => text === one.text))
      return same.reduce((best, other) => (other.ms < best.ms ? other : best), one)
    }),
  }))
}

function rowsOf({ verb, statements }: Ran): string[] {
  const different = statements.filter((one, index) => statements.findIndex(({ text }) => text === one.text) === index)
  return different.map((one, index) => {
    const columns = [index === 0 ? verb : '', `\`${brief(one)}\``, waysOf(one), pagesOf(one), one.ms.toFixed(1)]
    return `| ${columns.join(' | ')} |`
  })
}

/**
 * What is wrong with the plans of a verb's statements, for people. One that was given a time limit of its own may read what it
 * likes: it gives up at that limit.
 */
export function faults({ verb, statements }: Ran): string[] {
  const unlimited = statements.filter((_, index) => !statements[index - 1]?.text.includes("'statement_timeout'"))
  return unlimited.flatMap((one) => faultsOf(one, MAX_REMOVED).map((fault) => `${verb}: ${fault}: ${brief(one)}`))
}

/** The beginning of a statement, on one line. */
function brief({ text }: Explained): string {
  return `${text.replaceAll(/\s+/g, ' ').replaceAll('"', '').replaceAll('|', '/').trim().slice(0, 60)}…`
}
