import { failureOf, mayPass } from '../../../../data/failure'
import { type BundleLimits, type ListedFile, sizeOf, tooLarge, tooMuch } from './content'
import type { FolderFile, Picked } from './folder'
import type { StoredBundle } from './send-bundle'
import { ZipTooLarge } from './zip-files'

/** How far a bundle has come. Sizes in bytes. */
export type BundleState =
  | { phase: 'none' }
  | { phase: 'gathering' | 'checking' }
  | { phase: 'zipping' | 'sending'; doneBytes: number; allBytes: number }
  /** `known`: Stout had it already, nothing was sent. */
  | { phase: 'ready'; bundle: StoredBundle; known: boolean }
  | { phase: 'failed'; messages: string[]; canRetry: boolean }

/** What a bundle is made of, once that is known. */
export type BundleContent = { kind: Picked['kind']; name: string; files: ListedFile[]; leftOut: string[] }

/** The steps from files to a stored bundle. */
export type Steps = {
  zip(
    files: FolderFile[],
    maxBytes: number,
    onProgress: (readBytes: number) => void,
    signal: AbortSignal,
  ): Promise<Blob>
  list(zip: Uint8Array): ListedFile[]
  hash(bytes: ArrayBuffer): Promise<string | null>
  isStored(sha256: string, signal: AbortSignal): Promise<boolean>
  send(zip: Blob, onProgress: (sentBytes: number) => void, signal: AbortSignal): Promise<StoredBundle>
}

/**
 * A bundle on its way to Stout: picked, checked, zipped, sent unless Stout has it. It goes as soon as it is picked, so that
 * what is wrong with it is told while the form is filled in. Picking anew or cancelling ends what was under way.
 */
export class BundleUpload {
  state: BundleState = { phase: 'none' }
  content: BundleContent | null = null

  readonly #watchers = new Set<() => void>()
  #zip: Blob | null = null
  #work = new AbortController()

  constructor(
    private readonly steps: Steps,
    private readonly limits: BundleLimits,
  ) {}

  watch = (onChange: () => void): (() => void) => {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** Takes what was picked in place of what was there. */
  take(picked: Picked | Promise<Picked>): void {
    this.clear()
    this.#set({ phase: 'gathering' })
    void this.#run(async (signal) => {
      const got = await picked
      signal.throwIfAborted()
      this.#zip = got.kind === 'zip' ? await this.#checkZip(got.file, signal) : await this.#makeZip(got, signal)
      await this.#deliver(this.#zip, signal)
    })
  }

  /** Takes a bundle that Stout has, of whose files nothing is known here. */
  keep(bundle: StoredBundle): void {
    this.clear()
    this.#set({ phase: 'ready', bundle, known: true })
  }

  /** Sends the zip again after a failure that may pass, or after it was cancelled. */
  retry(): void {
    const zip = this.#zip
    if (!zip || this.state.phase !== 'failed') return
    void this.#run((signal) => this.#deliver(zip, signal))
  }

  /** Ends what is under way; the zip is kept, so that it can be sent after all. */
  cancel(): void {
    this.#work.abort()
    this.#set({ phase: 'failed', messages: ['Cancelled.'], canRetry: this.#zip !== null })
  }

  clear(): void {
    this.#work.abort()
    this.#zip = null
    this.content = null
    this.#set({ phase: 'none' })
  }

  /** The stored bundle, once it is there. @throws Error when there will be none, unless something changes */
  stored(): Promise<StoredBundle> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const { state } = this
        if (state.phase === 'ready') resolve(state.bundle)
        else if (state.phase === 'none') reject(new Error('Choose a folder or a zip.'))
        else if (state.phase === 'failed') reject(new Error('It is not uploaded.'))
        else return
        forget()
      }
      const forget = this.watch(look)
      look()
    })
  }

  async #run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#work = new AbortController()
    const { signal } = this.#work
    try {
      await work(signal)
    } catch (error) {
      if (signal.aborted) return
      const { message, issues } = failureOf(error)
      const messages = issues.length > 0 ? issues.map((issue) => issue.message) : [message]
      this.#set({ phase: 'failed', messages, canRetry: this.#zip !== null && mayPass(error) })
    }
  }

  async #checkZip(file: File, signal: AbortSignal): Promise<Blob> {
    if (file.size > this.limits.zippedBytes) throw new Error(tooLarge(this.limits, file.size))
    const files = this.steps.list(new Uint8Array(await file.arrayBuffer()))
    signal.throwIfAborted()
    this.#show({ kind: 'zip', name: file.name, files, leftOut: [] })
    return file
  }

  async #makeZip(picked: Extract<Picked, { kind: 'folder' }>, signal: AbortSignal): Promise<Blob> {
    const files = picked.files.map(({ path, file }) => ({ path, sizeBytes: file.size }))
    this.#show({ kind: 'folder', name: picked.name, files, leftOut: picked.leftOut })
    const allBytes = sizeOf(files)
    const onProgress = (doneBytes: number) => this.#setUnless(signal, { phase: 'zipping', doneBytes, allBytes })
    onProgress(0)
    const zipping = this.steps.zip(picked.files, this.limits.zippedBytes, onProgress, signal)
    return await zipping.catch((error: unknown) => {
      throw error instanceof ZipTooLarge ? new Error(tooLarge(this.limits)) : error
    })
  }

  async #deliver(zip: Blob, signal: AbortSignal): Promise<void> {
    this.#setUnless(signal, { phase: 'checking' })
    const sha256 = await this.steps.hash(await zip.arrayBuffer())
    if (sha256 !== null && (await this.steps.isStored(sha256, signal))) {
      this.#setUnless(signal, { phase: 'ready', bundle: { sha256, sizeBytes: zip.size }, known: true })
      return
    }
    const onProgress = (doneBytes: number) =>
      this.#setUnless(signal, { phase: 'sending', doneBytes: Math.min(doneBytes, zip.size), allBytes: zip.size })
    onProgress(0)
    const bundle = await this.steps.send(zip, onProgress, signal)
    this.#setUnless(signal, { phase: 'ready', bundle, known: false })
  }

  /** @throws Error when these files are more than a bundle holds */
  #show(content: BundleContent): void {
    this.content = { ...content, files: content.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
    const problem = tooMuch(content.files, this.limits)
    if (problem) throw new Error(problem)
  }

  #setUnless({ aborted }: AbortSignal, state: BundleState): void {
    if (!aborted) this.#set(state)
  }

  #set(state: BundleState): void {
    this.state = state
    for (const onChange of this.#watchers) onChange()
  }
}
