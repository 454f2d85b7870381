import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { submissionSchema } from '../core/jobs/submission'
import { submitJob } from '../core/jobs/submit-job'
import { packRecords, readBatch } from '../core/logs/records'
import { wireBatch } from '../core/testing/batches'
import type { Db } from '../db/client'
import { type Fleet, simulatedBoxes, withFleet } from './fleet'
import { SimulatedSupervisor } from './simulated-supervisor'
import type { BenchOptions, Figure } from './stats'

const JOBS = 200
/** What a job that prints some 300 lines a second has to say after a second. */
const LINES_A_BATCH = 300
const LINE_BYTES = 80
const SECONDS_A_ROUND = 10
const HEADER_BYTES = 12

/**
 * Durable log lines a second from 200 running jobs by a real worker: each supervisor has one batch in flight, compressed as the
 * Python one does it, and a batch counts once it was acknowledged. Floor: the same lines, packed beforehand, by bare INSERTs of a
 * single connection, a commit for as many batches as the worker takes into one of its own at most.
 */
export async function ingest({ rounds, backend, profile }: BenchOptions): Promise<Figure[]> {
  const [samples, floor]: [number[], number[]] = [[], []]
  const supervisors: SimulatedSupervisor[] = []
  const claims: Promise<void>[] = []
  const addBoxes = simulatedBoxes(JOBS, (launch) => {
    const supervisor = new SimulatedSupervisor(launch)
    supervisors.push(supervisor)
    claims.push(supervisor.claim())
  })
  await withFleet({ backend, profile, addBoxes }, async ({ ctx }) => {
    await allClaimed(ctx, claims)
    const speakers = supervisors.map((supervisor) => new Speaker(supervisor))
    for (let round = -1; round < rounds; round++) {
      const bare = await bareInserts(ctx.db)
      const lines = await speak(speakers)
      if (round < 0) continue // warm-up
      floor.push(bare)
      samples.push(lines)
    }
    await nothingLost(ctx, speakers)
    for (const supervisor of supervisors) supervisor[Symbol.dispose]()
  })
  const what = `durable lines a second from ${JOBS} running jobs (${backend})`
  return [
    {
      ...{ name: `ingest-${backend}`, what, unit: 'lines/s', aim: '≥ 60 000 lines/s', samples, floor },
      floorWhat: 'the same lines by bare INSERTs of one connection',
    },
  ]
}

async function allClaimed(ctx: Fleet['ctx'], claims: Promise<void>[]): Promise<void> {
  const submission = submissionSchema.parse({ script: 'print(1)' })
  for (let n = 0; n < JOBS; n++) await submitJob(ctx, submission)
  while (claims.length < JOBS) await new Promise((resolve) => setTimeout(resolve, 50))
  await Promise.all(claims)
}

const texts = Array.from({ length: LINES_A_BATCH }, (_, n) =>
  `${n} ${((n * 2_654_435_761) % 4_294_967_296).toString(36)} measured 3.3 V at net vdd`.padEnd(LINE_BYTES),
)
const PLAIN = wireBatch(1, texts)
/** Members of gzip may stand one after the other: only the header differs from batch to batch. */
const PACKED_RECORDS = gzipSync(PLAIN.subarray(HEADER_BYTES), { level: 1 })

/** One running job that prints without end. */
class Speaker {
  acked = 0

  constructor(private readonly supervisor: SimulatedSupervisor) {}

  async sayBatch(): Promise<void> {
    const header = Buffer.from(PLAIN.subarray(0, HEADER_BYTES))
    header.writeUInt32BE(this.acked + 1, 4)
    await this.supervisor.log(Buffer.concat([gzipSync(header, { level: 1 }), PACKED_RECORDS]), true)
    this.acked += LINES_A_BATCH
  }
}

async function speak(speakers: Speaker[]): Promise<number> {
  const began = performance.now()
  const before = total(speakers)
  const elapsed = () => (performance.now() - began) / 1_000
  await Promise.all(
    speakers.map(async (speaker) => {
      while (elapsed() < SECONDS_A_ROUND) await speaker.sayBatch()
    }),
  )
  return (total(speakers) - before) / elapsed()
}

const total = (speakers: Speaker[]) => speakers.reduce((sum, { acked }) => sum + acked, 0)

/** @throws Error unless the database holds what was acknowledged */
async function nothingLost({ db }: Fleet['ctx'], speakers: Speaker[]): Promise<void> {
  const { lines } = await db
    .selectFrom('logChunks')
    .select(sql<number>`sum(last_n - first_n + 1)`.as('lines'))
    .executeTakeFirstOrThrow()
  if (Number(lines) !== total(speakers))
    throw new Error(`${total(speakers)} lines were acknowledged, ${lines} are there`)
}

async function bareInserts(db: Db): Promise<number> {
  const { records, count } = readBatch(PLAIN)
  const data = packRecords(records)
  const rows = Array.from({ length: JOBS }, (_, n) => ({ n, data }))
  await sql`create table if not exists bare_chunks (id bigserial primary key, n int, data bytea)`.execute(db)
  const began = performance.now()
  let lines = 0
  while (performance.now() - began < 3_000) {
    await sql`insert into bare_chunks (n, data) values ${sql.join(rows.map(({ n, data }) => sql`(${n}, ${data})`))}`.execute(
      db,
    )
    lines += rows.length * count
  }
  const seconds = (performance.now() - began) / 1_000
  await sql`truncate bare_chunks`.execute(db)
  return lines / seconds
}
