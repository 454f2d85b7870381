import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LiveConnection, type Source } from './connection'

class Stream implements Source {
  readyState = 0
  onopen: EventSource['onopen'] = null
  onmessage: EventSource['onmessage'] = null
  onerror: EventSource['onerror'] = null
  constructor(readonly url: string) {}

  opens(): void {
    this.readyState = 1
    this.onopen?.call(this as never, new Event('open'))
  }
  says(topic: string, n: number): void {
    this.onmessage?.call(this as never, { data: JSON.stringify({ topic, n }) } as MessageEvent)
  }
  breaks(refused = false): void {
    this.readyState = refused ? 2 : 0
    this.onerror?.call(this as never, new Event('error'))
  }
  close(): void {
    this.readyState = 2
  }
  get topics(): string | null {
    return new URL(this.url, 'http://x').searchParams.get('topics')
  }
}

let streams: Stream[]
const refusals = vi.fn()
const last = () => streams.at(-1) as Stream
const connect = () =>
  new LiveConnection((url) => {
    streams.push(new Stream(url))
    return last()
  }, refusals)

beforeEach(() => {
  vi.useFakeTimers()
  streams = []
  refusals.mockClear()
})
afterEach(() => vi.useRealTimers())

describe('the one live stream of a tab', () => {
  test('carries all topics that are asked for together', () => {
    const live = connect()
    const [job, log] = [vi.fn(), vi.fn()]
    live.subscribe('job:1', job)
    live.subscribe('log:1:1', log)
    vi.runAllTimers()
    expect(streams.map((stream) => stream.topics)).toEqual(['job:1,log:1:1'])
    last().opens()
    last().says('log:1:1', 7)
    expect(log).toHaveBeenCalledExactlyOnceWith(7)
    expect(job).not.toHaveBeenCalled()
  })

  test('keeps the old stream until the new one is open, and says nothing twice', () => {
    const live = connect()
    const jobs = vi.fn()
    live.subscribe('job:1', jobs)
    vi.runAllTimers()
    const first = last()
    first.opens()
    first.says('job:1', 3)
    live.subscribe('boxes', vi.fn())
    vi.runAllTimers()
    expect([streams.length, first.readyState]).toEqual([2, 1])
    first.says('job:1', 4)
    last().opens()
    expect(first.readyState).toBe(2)
    last().says('job:1', 4)
    expect(jobs.mock.calls).toEqual([[3], [4]])
  })

  test('zero always wakes: some may have been missed', () => {
    const live = connect()
    const jobs = vi.fn()
    live.subscribe('jobs', jobs)
    vi.runAllTimers()
    last().opens()
    last().says('jobs', 0)
    last().says('jobs', 0)
    expect(jobs).toHaveBeenCalledTimes(2)
  })

  test('a page that leaves and one that comes with the same topics open nothing new', () => {
    const live = connect()
    const end = live.subscribe('jobs', vi.fn())
    vi.runAllTimers()
    last().opens()
    end()
    live.subscribe('jobs', vi.fn())
    vi.runAllTimers()
    expect(streams).toHaveLength(1)
    expect(last().readyState).toBe(1)
  })

  test('closes when nobody listens any more', () => {
    const live = connect()
    const end = live.subscribe('jobs', vi.fn())
    vi.runAllTimers()
    last().opens()
    end()
    vi.runAllTimers()
    expect(last().readyState).toBe(2)
  })

  test('a broken connection is lost until it is open again', () => {
    const live = connect()
    const changes: string[] = []
    live.watch(() => changes.push(live.status))
    live.subscribe('jobs', vi.fn())
    vi.runAllTimers()
    last().opens()
    last().breaks()
    last().opens()
    expect(changes).toEqual(['open', 'lost', 'open'])
    expect(streams).toHaveLength(1)
  })

  test('after a refusal it asks who it is, and tries again ever more slowly', () => {
    const live = connect()
    live.subscribe('jobs', vi.fn())
    vi.advanceTimersByTime(30)
    last().breaks(true)
    vi.advanceTimersByTime(1_000)
    last().breaks(true)
    vi.advanceTimersByTime(1_999)
    expect(streams).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(streams).toHaveLength(3)
    expect(refusals).toHaveBeenCalledTimes(2)
  })
})
