import type { Generated } from 'kysely'
import type { BoxId, GroupId, OrgId } from '../../core/ids'
import type { DefaultNow, JsonWithDefault } from './column'

export type Net = { name: string; type: string }

type BoxStatus = 'unknown' | 'online' | 'offline'

/** What a supervisor says of the machine it runs on. `bootId` changes with each boot. */
export type BoxIdentity = { lagerBoxId: string; hostname: string; bootId: string; python: string; pid: number }

export interface BoxesTable {
  id: BoxId
  orgId: OrgId
  name: string
  host: string
  pythonPort: Generated<number>
  httpPort: Generated<number>
  /** Bearer token of the box, encrypted (core/access/seal.ts). */
  tokenSealed: string | null
  slots: Generated<number>
  labels: JsonWithDefault<Record<string, string>>
  /** LAGER_BOX_ID as registered or as first seen; another one on a claim is a swapped address. */
  lagerBoxId: string | null
  /** Who answered instead, while `identityMismatchAt` is set. */
  foundBoxId: string | null
  hostname: string | null
  bootId: string | null
  pythonVersion: string | null
  status: Generated<BoxStatus>
  statusDetail: string | null
  version: string | null
  nets: JsonWithDefault<Net[]>
  /** Holder of the box's own advisory lock when it is not ours. */
  lockHolder: string | null
  canCallBack: Generated<boolean>
  /** What the box said when it could not. */
  callBackDetail: string | null
  identityMismatchAt: Date | null
  draining: Generated<boolean>
  probedAt: Date | null
  /** Probes in a row without an answer. */
  missedProbes: Generated<number>
  nextProbeAt: DefaultNow
  /** When a script on the box last said who it is and whether it can call back. */
  inspectedAt: Date | null
  nextInspectionAt: DefaultNow
  lastSeenAt: Date | null
  createdAt: DefaultNow
  /** A removed box is history: it is not placed, not probed, and its name and address are free. */
  removedAt: Date | null
}

export interface GroupsTable {
  id: GroupId
  orgId: OrgId
  name: string
  createdAt: DefaultNow
}

export interface GroupBoxesTable {
  groupId: GroupId
  boxId: BoxId
}

export interface BoxApiPresenceTable {
  onlyRow: Generated<boolean>
  /** Since when the box API has listened without a gap. */
  listeningSinceAt: Date
  lastBeatAt: Date
}
