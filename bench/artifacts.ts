import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { presignPut } from '../core/store/presign'
import { rssMegabytes } from './rss'
import type { Figure } from './stats'
import type { Kept, System } from './system'

const MB = 1_000_000
const LARGE_MB = 200
const SMALL_FILES = 1_000
const HUGE_BYTES = 2_000_000_000
const AT_ONCE = 8

const LARGE = `import os
with open(os.environ["STOUT_ARTIFACTS"] + "/large.bin", "wb") as f:
    for _ in range(${LARGE_MB}):
        f.write(os.urandom(${MB}))
`
const SMALL = `import os
for n in range(${SMALL_FILES}):
    with open(f'{os.environ["STOUT_ARTIFACTS"]}/{n}.bin', "wb") as f:
        f.write(os.urandom(1000))
`
const HUGE = `import os, time
time.sleep(3)
with open(os.environ["STOUT_ARTIFACTS"] + "/huge.bin", "wb") as f:
    f.truncate(${HUGE_BYTES})
`

/** Files of jobs on their way from the box to the store: one of 200 MB, a thousand small ones, and memory with one of 2 GB. */
export async function artifacts(system: System, rounds: number): Promise<Figure[]> {
  return [await large(system, rounds), await small(system, rounds), ...(await memory(system))]
}

/** From the first request to the store to its confirmation; floor: the same number of bytes by one bare PUT. */
async function large(system: System, rounds: number): Promise<Figure> {
  const samples: number[] = []
  const floor: number[] = []
  for (let round = 0; round < rounds; round++) {
    const put = await barePut(system, randomBytes(LARGE_MB * MB))
    floor.push(LARGE_MB / (await secondsOf(put)))
    const [file] = await run(system, LARGE)
    if (!file) throw new Error('No file was kept')
    samples.push(LARGE_MB / ((Date.parse(file.uploadedAt) - Date.parse(file.createdAt)) / 1_000))
  }
  const what = `one file of ${LARGE_MB} MB, from its announcement to its confirmation`
  return { name: 'artifacts', what, floorWhat: 'one bare PUT of as many bytes', unit: 'MB/s', samples, floor }
}

/** From the script's end to the last confirmation: looking for them, hashing, sending. Floor: bare PUTs, eight at once. */
async function small(system: System, rounds: number): Promise<Figure> {
  const samples: number[] = []
  const floor: number[] = []
  for (let round = 0; round < rounds; round++) {
    const files = Array.from({ length: SMALL_FILES }, () => randomBytes(1_000))
    const puts = async () => {
      const sender = async () => {
        for (let bytes = files.pop(); bytes; bytes = files.pop()) await (await barePut(system, bytes))()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, sender))
    }
    floor.push(await secondsOf(puts))
    const { id } = await submit(system, SMALL)
    const kept = await keptBy(system, id)
    if (kept.length !== SMALL_FILES) throw new Error(`${kept.length} of ${SMALL_FILES} files were kept`)
    const last = Math.max(...kept.map(({ uploadedAt }) => Date.parse(uploadedAt)))
    samples.push((last - (await system.exitedAt(id))) / 1_000)
  }
  const what = `${SMALL_FILES} files of 1 kB, from the script's end to the last confirmation`
  return {
    name: 'small-artifacts',
    what,
    floorWhat: `as many bare PUTs, ${AT_ONCE} at once`,
    unit: 's',
    samples,
    floor,
  }
}

/** The most that worker and supervisor hold while 2 GB are uploaded; floor: what they held before. */
async function memory(system: System): Promise<Figure[]> {
  await system.idle()
  const worker = { before: rssMegabytes(system.workerPid), most: 0 }
  const supervisor = { before: 0, most: 0 }
  const { id } = await system.submit({ script: HUGE, target: { box: system.box.name } })
  const looking = setInterval(() => {
    worker.most = Math.max(worker.most, rssMegabytes(system.workerPid))
    const rss = supervisorRss(id)
    supervisor.before ||= rss
    supervisor.most = Math.max(supervisor.most, rss)
  }, 100)
  await system.completed(id).finally(() => clearInterval(looking))
  const of = (name: string, { before, most }: typeof worker): Figure => ({
    ...{ name: `artifact-memory-${name}`, unit: 'MB', samples: [most], floor: [before] },
    ...{ what: `${name} at most, while 2 GB are uploaded`, floorWhat: `${name} before` },
  })
  return [of('worker', worker), of('supervisor', supervisor)]
}

async function submit(system: System, script: string) {
  await system.idle()
  const job = await system.submit({ script, target: { box: system.box.name } })
  await system.completed(job.id)
  return job
}

const run = async (system: System, script: string) => await keptBy(system, (await submit(system, script)).id)

async function keptBy(system: System, jobId: string): Promise<Kept[]> {
  const kept: Kept[] = []
  let page: { items: Kept[]; nextCursor: string | null } = await system.artifacts(jobId)
  for (;;) {
    kept.push(...page.items.filter(({ state }) => state === 'uploaded'))
    if (page.nextCursor === null) return kept
    page = await system.artifactsAfter(jobId, page.nextCursor)
  }
}

/** A request that is hashed and signed, to be made. */
async function barePut({ store }: System, bytes: Buffer): Promise<() => Promise<void>> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const facts = { sizeBytes: bytes.length, sha256, contentType: 'application/octet-stream' }
  const { url, headers } = await presignPut(store, `bench/${sha256}`, facts)
  const body = new Uint8Array(bytes)
  return async () => {
    const answer = await fetch(url, { method: 'PUT', headers, body })
    if (!answer.ok) throw new Error(`The store said ${answer.status}: ${await answer.text()}`)
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}

/** Of the supervisor of a job: the process that runs supervisor.py in its directory, not its guard. */
function supervisorRss(jobId: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const mine = pids.filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return command.includes(`stout-${jobId}-1-`) && command.includes('supervisor.py')
    } catch {
      return false
    }
  })
  return Math.max(0, ...mine.map((pid) => rssMegabytes(Number(pid))))
}
