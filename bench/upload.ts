import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { BUNDLE_LIMITS } from '../core/bundles/limits'
import { rssMegabytes } from './rss'
import type { Figure } from './stats'
import type { System } from './system'

const LOOK_MS = 20
/** What a zip of one stored entry has besides its bytes is far below this. */
const ROOM_BYTES = 1_000_000

/** The most that the web process holds while curl uploads the largest bundle there may be, as it is and as a part of a form; floor: before. */
export async function upload(system: System, rounds: number): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-upload-'))
  try {
    const [plain, form]: [Memory[], Memory[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      const file = path.join(dir, 'bundle.zip')
      await makeBundle(file)
      const bundles = ['-H', 'content-type: application/zip', '-T', file, '-X', 'POST', `${system.api}/bundles`]
      plain.push(await during(system, () => curl(system, bundles)))
      await makeBundle(file) // what is there already is not sent on to the store
      const job = `job={"name":"upload","target":{"box":"${system.box.name}"}};type=application/json`
      form.push(await during(system, () => curl(system, ['-F', job, '-F', `bundle=@${file}`, `${system.api}/jobs`])))
      await system.idle()
    }
    return [figureOf('bundles', plain), figureOf('jobs', form)]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

type Memory = { before: number; most: number }

function figureOf(door: string, memory: Memory[]): Figure {
  const megabytes = BUNDLE_LIMITS.zippedBytes / 1_000_000
  return {
    ...{ name: `upload-memory-${door}`, unit: 'MB', floorWhat: 'the web process before' },
    what: `the web process at most, ${megabytes} MB by POST /${door}`,
    samples: memory.map(({ most }) => most),
    floor: memory.map(({ before }) => before),
  }
}

async function during(system: System, work: () => Promise<void>): Promise<Memory> {
  const before = rssMegabytes(system.webPid)
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, rssMegabytes(system.webPid))
  }, LOOK_MS)
  await work().finally(() => clearInterval(looking))
  return { before, most }
}

/** A zip of the largest size that is allowed, of bytes that nobody has uploaded before. */
async function makeBundle(file: string): Promise<void> {
  const zip = new ZipFile()
  zip.addBuffer(Buffer.from('print(1)'), 'main.py')
  zip.addBuffer(randomBytes(BUNDLE_LIMITS.zippedBytes - ROOM_BYTES), 'data.bin', { compress: false })
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(file))
}

/** @throws Error unless the answer is a 2xx */
async function curl({ token }: System, args: string[]): Promise<void> {
  const quiet = ['--silent', '--show-error', '--fail-with-body', '--output', '/dev/stderr']
  const child = spawn('curl', [...quiet, '-H', `authorization: Bearer ${token}`, ...args], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`curl ended with ${code}`)
}
