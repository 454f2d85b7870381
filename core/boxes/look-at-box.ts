import type { Keys } from '../access/keys'
import type { Refusal } from '../attempts/return-job'
import type { BoxFacts } from '../channels/channel'
import type { Inspection } from '../channels/inspection'
import { type LagerAddress, lagerCall } from '../channels/lager-call'
import { lagerProbe } from '../channels/lager-probe'
import { type CallBack, type CallBackTarget, judgeCallBacks } from './call-back'

/** What verbs need that talk to boxes. */
export type Fleet = {
  keys: Keys
  installation: string
  callBacks: readonly CallBackTarget[]
  /** Authorities that boxes shall trust besides their own, as PEM. */
  ca: string | null
}

/** What was found at an address: what the box said, or why it did not. */
export type Findings =
  | { kind: 'refused'; why: Refusal }
  | { kind: 'found'; facts: BoxFacts; inspection: Inspection; callBacks: CallBack[] }

/** Looks at a box whole: status and lock, and a script there that says who it is and whether it can call back. */
export async function lookAtBox(fleet: Fleet, address: LagerAddress): Promise<Findings> {
  const box = lagerProbe(lagerCall(address), fleet.ca)
  const facts = await box.probe()
  if ('kind' in facts) return { kind: 'refused', why: facts }
  const inspection = await box.inspect(fleet.callBacks.map(({ url }) => url))
  if ('kind' in inspection) return { kind: 'refused', why: inspection }
  const callBacks = judgeCallBacks(fleet.callBacks, fleet.installation, inspection)
  return { kind: 'found', facts, inspection, callBacks }
}

/** Who holds the box's own lock, unless it is a job of this installation. */
export function outsideHolder({ lockHolder }: Pick<BoxFacts, 'lockHolder'>, installation: string): string | null {
  return lockHolder?.startsWith(`stout:${installation}:`) ? null : lockHolder
}

/** What is written down of a box that was just looked at. */
export function seenOf({ facts, inspection, callBacks }: Findings & { kind: 'found' }, installation: string) {
  const { identity } = inspection
  const failed = callBacks.filter(({ ok }) => !ok)
  return {
    status: 'online' as const,
    statusDetail: null,
    missedProbes: 0,
    version: facts.version,
    nets: JSON.stringify(facts.nets),
    lockHolder: outsideHolder(facts, installation),
    ...identityColumns(identity),
    ...callBackColumns(failed),
  }
}

/** The columns of who a box is, its LAGER_BOX_ID apart. */
export function identityColumns({ hostname, bootId, python }: Inspection['identity']) {
  return { hostname, bootId, pythonVersion: python }
}

/** The columns of whether a box can call back. */
export function callBackColumns(failed: readonly CallBack[]) {
  return {
    canCallBack: failed.length === 0,
    callBackDetail: failed.length === 0 ? null : failed.map(({ url, detail }) => `${url}: ${detail}`).join('; '),
  }
}
