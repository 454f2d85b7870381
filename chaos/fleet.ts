import path from 'node:path'
import { hashToken, newToken } from '../core/access/api-tokens'
import { deriveKeys, seal } from '../core/access/keys'
import type { Db } from '../db/client'
import { seed } from '../db/seed'
import { until } from '../embedded/process'
import { aProxy, type Proxy as BreakableLine } from '../worker/testing/proxy'
import type { Api } from './api'
import { type SmallDisk, smallDisk } from './disks'
import { BOX_TOKEN, type Processes } from './processes'

const BOXES = 4
const DISK_MEGABYTES = 64
const ONLINE_MS = 90_000

export type ChaosBox = { name: string; url: string; tmp: string; disk: SmallDisk | null }

/** Boxes, the last of them on a disk that can be full, and a line to each. */
export async function someBoxes(stack: AsyncDisposableStack, dir: string, processes: Processes) {
  const boxes: ChaosBox[] = []
  const toBoxes: BreakableLine[] = []
  for (let index = 1; index <= BOXES; index++) {
    const name = `bench-${index}`
    const stateRoot = path.join(dir, 'boxes', name)
    const tmp = path.join(stateRoot, 'tmp')
    const disk = index === BOXES ? onDisk(stack, tmp, DISK_MEGABYTES) : null
    const port = await processes.box(name, stateRoot)
    toBoxes.push(stack.use(await aProxy(() => port)))
    boxes.push({ name, url: `http://127.0.0.1:${port}`, tmp, disk })
  }
  return { boxes, toBoxes }
}

/** A file system at `dir` that goes with the stack; null where there may be none. */
export function onDisk(stack: AsyncDisposableStack, dir: string, megabytes: number): SmallDisk | null {
  const disk = smallDisk(dir, megabytes)
  return disk && stack.adopt(disk, ({ unmount }) => unmount())
}

/** An organisation with these boxes. @returns an API token of its owner */
export async function anOrganisation(
  db: Db,
  secret: string,
  boxes: ChaosBox[],
  lines: BreakableLine[],
): Promise<string> {
  const keys = deriveKeys(secret)
  const token = newToken()
  await seed(db, {
    orgName: 'Chaos',
    owner: { email: 'chaos@example.com', name: 'Chaos', passwordHash: 'none' },
    token: { name: 'chaos', hash: hashToken(keys, token) },
    boxes: boxes.map(({ name }, index) => ({
      ...{ name, host: '127.0.0.1', pythonPort: lines[index]?.port ?? 0, httpPort: lines[index]?.port ?? 0 },
      ...{ lagerBoxId: name, tokenSealed: seal(keys, BOX_TOKEN), labels: {}, groups: [] },
    })),
  })
  return token
}

/** @throws Error when they do not come online within 90 seconds */
export async function allOnline(api: Api): Promise<void> {
  const online = async () => {
    const { items } = (await api('GET', '/boxes')) as { items: { status: string }[] }
    return items.length === BOXES && items.every(({ status }) => status === 'online')
  }
  if (!(await until(online, ONLINE_MS, 250))) throw new Error('The boxes do not come online')
}
