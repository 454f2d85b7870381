import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { RestError } from '../../../../data/rest'
import { BundleUpload } from './bundle-upload'
import { listZip } from './list-zip'
import { sha256Of } from './send-bundle'
import { zipFiles } from './zip-files'

const LIMITS = { zippedBytes: 1_000_000, unpackedBytes: 2_000_000, entries: 5 }
const folder = (...paths: string[]) => ({
  ...{ kind: 'folder' as const, name: 'rig', leftOut: [] },
  files: paths.map((path) => ({ path, file: new File([`# ${path}`], path) })),
})

/** Bundles go by their real steps to a store that a test can hold, break and look into. */
function aStore() {
  const store = {
    has: new Map<string, Blob>(),
    sent: 0,
    failure: null as Error | null,
    held: null as Promise<void> | null,
    hash: sha256Of as (bytes: ArrayBuffer) => Promise<string | null>,
    upload: () =>
      new BundleUpload(
        {
          zip: (files, maxBytes, onProgress) => zipFiles(files, maxBytes, onProgress),
          list: listZip,
          hash: (bytes) => store.hash(bytes),
          isStored: async (sha256) => store.has.has(sha256),
          async send(zip, onProgress, signal) {
            onProgress(1)
            await Promise.race([store.held, aborted(signal)])
            if (store.failure) throw store.failure
            const sha256 = createHash('sha256')
              .update(Buffer.from(await zip.arrayBuffer()))
              .digest('hex')
            store.sent += 1
            store.has.set(sha256, zip)
            return { sha256, sizeBytes: zip.size }
          },
        },
        LIMITS,
      ),
  }
  return store
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
const until = (upload: BundleUpload, phase: string) => vi.waitFor(() => expect(upload.state.phase).toBe(phase))

test('a folder is zipped, sent, and known the next time', async () => {
  const store = aStore()
  const upload = store.upload()
  const phases = new Set<string>()
  upload.watch(() => phases.add(upload.state.phase))
  upload.take(folder('main.py', 'b.py'))
  const stored = await upload.stored()
  expect([...phases].filter((phase) => phase !== 'none')).toEqual([
    'gathering',
    'zipping',
    'checking',
    'sending',
    'ready',
  ])
  expect(store.has.has(stored.sha256)).toBe(true)
  expect(upload.content?.files.map(({ path }) => path)).toEqual(['b.py', 'main.py'])

  const again = store.upload()
  again.take(folder('b.py', 'main.py'))
  expect((await again.stored()).sha256).toBe(stored.sha256)
  expect([again.state, store.sent]).toMatchObject([{ phase: 'ready', known: true }, 1])
})

test('where the browser cannot hash, the server does', async () => {
  const store = aStore()
  store.hash = async () => null
  const upload = store.upload()
  upload.take(folder('main.py'))
  expect(store.has.has((await upload.stored()).sha256)).toBe(true)
})

test('a zip is listed before it is sent, and what is none is refused without a byte', async () => {
  const store = aStore()
  const zip = await zipFiles(folder('main.py').files, 1_000, () => undefined)
  const upload = store.upload()
  upload.take({ kind: 'zip', name: 'rig.zip', file: new File([zip], 'rig.zip') })
  await upload.stored()
  expect(upload.content).toMatchObject({ kind: 'zip', files: [{ path: 'main.py', sizeBytes: 9 }] })

  upload.take({ kind: 'zip', name: 'x.zip', file: new File(['nonsense'], 'x.zip') })
  await until(upload, 'failed')
  expect(upload.state).toEqual({ phase: 'failed', messages: ['It is not a zip, or it is damaged.'], canRetry: false })
  upload.take({ kind: 'zip', name: 'x.zip', file: new File([new Uint8Array(1_000_001)], 'x.zip') })
  await until(upload, 'failed')
  expect(upload.state).toMatchObject({ messages: ['Zipped it has 1 MB; at most 1 MB fit.'] })
  upload.take(folder('1', '2', '3', '4', '5', '6'))
  await until(upload, 'failed')
  expect(upload.state).toMatchObject({ messages: ['It has more than 5 files.'], canRetry: false })
  expect(store.sent).toBe(1)
})

test('what the server refuses is told entry by entry, and is not worth another try', async () => {
  const store = aStore()
  store.failure = new RestError(422, 'bad bundle', [
    { path: 'bundle', message: '../x leads out' },
    { path: 'bundle', message: 'a.py is there twice' },
  ])
  const upload = store.upload()
  upload.take(folder('main.py'))
  await expect(upload.stored()).rejects.toThrow('It is not uploaded.')
  expect(upload.state).toEqual({
    phase: 'failed',
    messages: ['../x leads out', 'a.py is there twice'],
    canRetry: false,
  })
})

test('a lost connection and a cancelled upload can be tried again', async () => {
  const store = aStore()
  store.failure = new RestError(0, 'Stout could not be reached.')
  const upload = store.upload()
  upload.take(folder('main.py'))
  await until(upload, 'failed')
  expect(upload.state).toMatchObject({ messages: ['Stout could not be reached.'], canRetry: true })

  store.failure = null
  store.held = new Promise(() => undefined)
  upload.retry()
  await until(upload, 'sending')
  upload.cancel()
  expect(upload.state).toEqual({ phase: 'failed', messages: ['Cancelled.'], canRetry: true })

  store.held = null
  upload.retry()
  await upload.stored()
  expect(store.sent).toBe(1)
})

test('what is picked last counts, however late the rest comes', async () => {
  const store = aStore()
  const first = Promise.withResolvers<void>()
  store.hash = async (bytes) => {
    await first.promise
    return await sha256Of(bytes)
  }
  const upload = store.upload()
  upload.take(folder('first.py'))
  await until(upload, 'checking')
  store.hash = sha256Of
  upload.take(folder('second.py'))
  const second = await upload.stored()
  first.resolve()
  await vi.waitFor(() => expect(store.sent).toBe(2)) // a step that hears of no abort goes on, but nobody listens to it
  expect(upload.state).toMatchObject({ phase: 'ready', bundle: second })
  expect(upload.content?.files).toMatchObject([{ path: 'second.py' }])
})

test('without a bundle there is nothing to wait for', async () => {
  await expect(aStore().upload().stored()).rejects.toThrow('Choose a folder or a zip.')
})
