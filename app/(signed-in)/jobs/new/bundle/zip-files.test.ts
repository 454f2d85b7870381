import { randomBytes } from 'node:crypto'
import { unzipSync } from 'fflate'
import { afterEach, expect, test, vi } from 'vitest'
import { listZip } from './list-zip'
import { ZipTooLarge, zipFiles } from './zip-files'

const LARGE = randomBytes(700_000)
const file = (path: string, content: string | Buffer<ArrayBuffer>) => ({ path, file: new File([content], path) })
const FILES = [file('main.py', 'print(1)\n'), file('größe/daten.bin', LARGE), file('empty.txt', '')]
afterEach(() => vi.useRealTimers())
const bytesOf = async (zip: Blob) => new Uint8Array(await zip.arrayBuffer())

test('what is zipped comes out again, byte by byte', async () => {
  const progress: number[] = []
  const zip = await bytesOf(await zipFiles(FILES, 10_000_000, (bytes) => progress.push(bytes)))
  const out = unzipSync(zip)
  expect(Object.keys(out)).toEqual(['empty.txt', 'größe/daten.bin', 'main.py'])
  expect(Buffer.from(out['main.py'] ?? []).toString()).toBe('print(1)\n')
  expect(Buffer.from(out['größe/daten.bin'] ?? []).equals(LARGE)).toBe(true)
  expect(progress.at(-1)).toBe(LARGE.length + 9)
  expect(listZip(zip)).toEqual([
    { path: 'empty.txt', sizeBytes: 0 },
    { path: 'größe/daten.bin', sizeBytes: LARGE.length },
    { path: 'main.py', sizeBytes: 9 },
  ])
})

test('the same files make the same zip, in whatever order, pieces and time they come', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01') })
  const first = await bytesOf(await zipFiles(FILES, 10_000_000, () => undefined))
  vi.setSystemTime(new Date('2026-06-01'))
  const inPieces = (bytes: Uint8Array<ArrayBuffer>) => [bytes.slice(0, 100_001), bytes.slice(100_001)]
  const again = await Promise.all(
    FILES.toReversed().map(async ({ path, file: same }) => ({
      path,
      file: new File(inPieces(await bytesOf(same)), 'renamed', { lastModified: 0 }),
    })),
  )
  expect(Buffer.from(first).equals(await bytesOf(await zipFiles(again, 10_000_000, () => undefined)))).toBe(true)
})

test('a zip that grows too large is given up before all is read', async () => {
  let readBytes = 0
  const many = Array.from({ length: 20 }, (_, n) => file(`f${n}`, LARGE))
  await expect(zipFiles(many, 1_000_000, (bytes) => (readBytes = bytes))).rejects.toBeInstanceOf(ZipTooLarge)
  expect(readBytes).toBeLessThan(3_000_000)
})

test('a file that cannot be read is named', async () => {
  const gone = new File(['x'], 'gone')
  const slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) })
  Object.defineProperty(gone, 'slice', { value: slice })
  await expect(zipFiles([{ path: 'pkg/gone.py', file: gone }], 1_000, () => undefined)).rejects.toThrow(
    'pkg/gone.py cannot be read; was it changed or removed meanwhile?',
  )
})

test('what is no zip is told', () => {
  expect(() => listZip(new TextEncoder().encode('print(1)'))).toThrow('It is not a zip, or it is damaged.')
})
