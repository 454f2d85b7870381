import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { ask, patiently } from './ask'
import type { Access, Artifact } from './types'

type Page = { attempt: number; items: Artifact[]; nextCursor: string | null }
export type DownloadOptions = { attempt?: number; signal?: AbortSignal }

/**
 * Downloads the files that a job made into a folder, below it as their paths say, and returns their paths on this machine. A file
 * is there whole, with the SHA-256 that Stout knows, or not at all. What was not kept (skipped, failed) is left out.
 */
export async function downloadArtifacts(
  access: Access,
  jobId: string,
  folder: string,
  { attempt, signal }: DownloadOptions = {},
): Promise<string[]> {
  const written: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ ...(cursor && { cursor }), ...(attempt && { attempt: String(attempt) }) })
    const page = await patiently(
      async () => (await (await ask(access, `/jobs/${jobId}/artifacts?${query}`, { signal })).json()) as Page,
      signal,
    )
    for (const artifact of page.items.filter(({ state }) => state === 'uploaded')) {
      const file = placeOf(folder, artifact.path)
      await patiently(() => download(access, jobId, artifact, file, signal), signal)
      written.push(file)
    }
    cursor = page.nextCursor
  }
  return written
}

async function download(access: Access, jobId: string, { id, sha256 }: Artifact, file: string, signal?: AbortSignal) {
  const answer = await ask(access, `/jobs/${jobId}/artifacts/${id}`, { signal })
  await mkdir(path.dirname(file), { recursive: true })
  const half = `${file}.${crypto.randomUUID()}.part`
  const hash = createHash('sha256')
  try {
    const bytes = Readable.fromWeb((answer.body ?? new Blob().stream()) as ReadableStream<Uint8Array>)
    bytes.on('data', (piece: Uint8Array) => hash.update(piece))
    await pipeline(bytes, createWriteStream(half))
    if (sha256 !== null && hash.digest('hex') !== sha256) throw new Error(`${file} did not arrive as it was kept`)
    await rename(half, file)
  } finally {
    await rm(half, { force: true })
  }
}

/** @throws Error for a path that leads out of the folder */
function placeOf(folder: string, name: string): string {
  const file = path.resolve(folder, name)
  if (!file.startsWith(path.resolve(folder) + path.sep)) throw new Error(`${name} leads out of the folder`)
  return file
}
