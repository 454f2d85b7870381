import type { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import { visibleAttempt } from '../logs/read-log'
import { lookAtObject } from '../store/look-at-object'
import { lost, openObject } from '../store/open-object'
import type { Store } from '../store/store'
import { byPath } from './list-artifacts'
import { zipNames } from './zip-names'

/** `bytes` break off with an error when an object can't be read to its end; `sizeBytes` tells whether all came. */
export type Zip = { attempt: number; sizeBytes: number; bytes: Readable }
type Entry = { name: string; key: string; sizeBytes: number; at: Date }

/**
 * All files of an attempt as a zip, in the order of their paths, made while it is read: one object is open at a time, and none
 * is held in memory. They are stored, not compressed: most of what benches make is not worth the time, and so the size is known
 * before the first byte.
 * @param attempt default: the current one
 * @throws NotFound, also when it has no files; DomainError `gone` when the store lost the first one; StoreAway
 */
export async function zipArtifacts(ctx: Ctx, store: Store, jobId: JobId, wanted: number | undefined): Promise<Zip> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted)
  const entries = await entriesOf(ctx, jobId, attempt)
  const [first] = entries
  if (!first) throw new NotFound('artifact of', jobId)
  if (!(await lookAtObject(store, first.key))) throw lost()
  return { attempt, ...zip(store, entries) }
}

async function entriesOf({ db }: Ctx, jobId: JobId, attempt: number): Promise<Entry[]> {
  const rows = await db
    .selectFrom('artifacts')
    .select(['path', 'objectKey', 'sizeBytes', 'uploadedAt'])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('state', '=', 'uploaded')
    .orderBy(byPath)
    .$narrowType<{ objectKey: string; sizeBytes: number; uploadedAt: Date }>()
    .execute()
  const names = zipNames(rows.map(({ path }) => path))
  return rows.map(({ objectKey: key, sizeBytes, uploadedAt: at }, n) => ({ name: names[n] ?? key, key, sizeBytes, at }))
}

function zip(store: Store, entries: readonly Entry[]): Pick<Zip, 'sizeBytes' | 'bytes'> {
  const file = new ZipFile()
  const bytes = file.outputStream as Readable
  const gone = new AbortController()
  let open: Readable | undefined
  const fail = (error: unknown) => void bytes.destroy(error as Error)
  bytes.once('close', () => {
    gone.abort()
    open?.destroy()
  })
  file.on('error', fail)
  for (const { name, key, sizeBytes, at } of entries) {
    file.addReadStreamLazy(name, { size: sizeBytes, mtime: at, compress: false }, (begin) => {
      openObject(store, key, { signal: gone.signal }).then((body) => {
        open = body.once('error', fail)
        if (bytes.destroyed) body.destroy()
        else begin(null, body)
      }, fail)
    })
  }
  return { sizeBytes: endOf(file), bytes }
}

/** Says that no entry follows, and how many bytes it will have: known at once, since each entry has its size. */
function endOf(file: ZipFile): number {
  let size = -1
  const end = file.end.bind(file) as (options: object, sized: (bytes: number) => void) => void // its types forget the number
  end({}, (bytes) => {
    size = bytes
  })
  if (size < 0) throw new Error('The size of the zip is not known')
  return size
}
