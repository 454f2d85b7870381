import { onTestFinished } from 'vitest'
import { aStore, type StoreAccess } from '../../../embedded/object-store/testing/store'
import { aProxy, type Proxy as Way } from '../../../worker/testing/proxy'
import { ArtifactDesk } from './artifact-desk'
import { Attempt } from './attempt'
import type { ArtifactOrder, Collector, Order } from './collector'

export const LIMITS: ArtifactOrder = {
  globs: [],
  lagerOutput: false,
  maxFiles: 1000,
  maxFileBytes: 5e9,
  maxTotalBytes: 2e10,
  partBytes: 64 << 20,
  uploadSeconds: 900,
}
/** Begins every script here. */
const INTO_ARTIFACTS = 'import os, sys, time\nos.chdir(os.environ["STOUT_ARTIFACTS"])\n'

export type Keeping = { attempt: Attempt; desk: ArtifactDesk; collector: Collector }

type Options = Partial<ArtifactOrder> & { order?: Partial<Order>; store?: StoreAccess; through?: string }

/** An attempt, not launched yet, whose script begins in `$STOUT_ARTIFACTS` and whose files go to a store of its own. */
export async function keeping(script: string, { order, store, through, ...limits }: Options = {}): Promise<Keeping> {
  const desk = new ArtifactDesk(store ?? (await aStoreForTest()), through)
  onTestFinished(() => desk.close())
  const artifacts = { ...LIMITS, ...limits }
  const attempt = await Attempt.start(INTO_ARTIFACTS + script, { artifacts, launch: false, ...order })
  attempt.collector.desk = desk
  desk.partBytes = artifacts.partBytes
  return { attempt, desk, collector: attempt.collector }
}

/** The same, with a proxy on the way from the box to the store. */
export async function keepingThroughProxy(script: string, options: Options = {}): Promise<Keeping & { proxy: Way }> {
  const store = options.store ?? (await aStoreForTest())
  const proxy = await aProxy(() => Number(new URL(store.endpoint).port))
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return { ...(await keeping(script, { ...options, store, through: `http://127.0.0.1:${proxy.port}` })), proxy }
}

async function aStoreForTest(): Promise<StoreAccess> {
  const store = await aStore({ minPartBytes: 1024 })
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}
