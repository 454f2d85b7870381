/**
 * The tab's one event stream. It carries `{ topic, n }`: something moved, and how far it has come; n = 0 says that some may
 * have been missed. The server says each topic once when a stream opens, so after a lost connection everybody reads again.
 */
export type LiveStatus = 'connecting' | 'open' | 'lost'

/** What of EventSource is used here. */
export type Source = Pick<EventSource, 'readyState' | 'onopen' | 'onmessage' | 'onerror' | 'close'>
type OnWake = (n: number) => void

const GATHER_MS = 30
const RETRY_MS = { first: 1_000, max: 30_000 }
const CLOSED = 2

/**
 * Hands wake-ups to subscribers by topic. When the set of topics changes the stream is opened anew; the old one stays until
 * the new one is there.
 */
export class LiveConnection {
  readonly #topics = new Map<string, Set<OnWake>>()
  readonly #furthest = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  #status: LiveStatus = 'connecting'
  #current: { source: Source; topics: string } | undefined
  #next: { source: Source; topics: string } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryMs = RETRY_MS.first

  /**
   * @param open opens an event stream at a URL
   * @param onRefused the server answered, but with no stream: who asks may have been signed out
   */
  constructor(
    private readonly open: (url: string) => Source,
    private readonly onRefused: () => void,
  ) {}

  get status(): LiveStatus {
    return this.#status
  }

  /** Tells of changes of `status`. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** Calls `onWake` for each wake-up of the topic. Returns the end of it. */
  subscribe(topic: string, onWake: OnWake): () => void {
    const listeners = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, listeners.add(onWake))
    this.#schedule(GATHER_MS)
    return () => {
      listeners.delete(onWake)
      if (listeners.size > 0 || this.#topics.get(topic) !== listeners) return
      this.#topics.delete(topic)
      this.#furthest.delete(topic)
      this.#schedule(GATHER_MS)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#current?.source.close()
    this.#next?.source.close()
    this.#current = undefined
    this.#next = undefined
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#reopen(), ms)
  }

  #reopen(): void {
    this.#timer = undefined
    const topics = [...this.#topics.keys()].sort().join(',')
    if (topics === '') {
      this.close()
      return
    }
    if (this.#next?.topics === topics) return
    this.#next?.source.close()
    this.#next = undefined
    if (this.#current?.topics === topics && this.#current.source.readyState !== CLOSED) return
    const source = this.open(`/api/live?topics=${encodeURIComponent(topics)}`)
    this.#next = { source, topics }
    source.onopen = () => this.#opened(source)
    source.onmessage = ({ data }: MessageEvent<string>) => this.#deliver(data)
    source.onerror = () => this.#failed(source)
  }

  #opened(source: Source): void {
    if (this.#next?.source === source) {
      this.#current?.source.close()
      this.#current = this.#next
      this.#next = undefined
    }
    this.#retryMs = RETRY_MS.first
    this.#setStatus('open')
  }

  /** EventSource tries again by itself when a connection breaks, but gives up when the answer is no stream. */
  #failed(source: Source): void {
    if (source !== this.#current?.source && source !== this.#next?.source) return
    this.#setStatus('lost')
    if (source.readyState !== CLOSED) return
    if (this.#next?.source === source) this.#next = undefined
    else this.#current = undefined
    this.onRefused()
    this.#schedule(this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.max)
  }

  #deliver(data: string): void {
    const { topic, n } = JSON.parse(data) as { topic: string; n: number }
    const listeners = this.#topics.get(topic)
    if (!listeners || (n !== 0 && n <= (this.#furthest.get(topic) ?? 0))) return
    this.#furthest.set(topic, n)
    for (const onWake of listeners) onWake(n)
  }

  #setStatus(status: LiveStatus): void {
    if (this.#status === status) return
    this.#status = status
    for (const onChange of this.#watchers) onChange()
  }
}
