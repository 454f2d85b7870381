import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from '@playwright/test'
import { Client } from 'pg'
import type { DemoBoxAddress, RunRecord, Settings } from '../embedded/state'
import type { System } from './connection'

/** What only this machine knows of the installation under test. */
const stateFile = ({ logDir }: System, ...names: string[]) => path.join(path.dirname(logDir), ...names)

/** Where a demo box answers, and the token that it wants. */
export function boxAddress(system: System, name: string): DemoBoxAddress {
  const { boxes } = JSON.parse(readFileSync(stateFile(system, 'settings.json'), 'utf8')) as Settings
  const address = boxes.find((box) => box.name === name)
  if (!address) throw new Error(`There is no demo box named ${name}`)
  return address
}

/** Does something while the object store of the installation answers nobody: it is there, but stopped. */
export async function withoutStore(system: System, during: () => Promise<void>): Promise<void> {
  const { children } = JSON.parse(readFileSync(stateFile(system, 'run.json'), 'utf8')) as RunRecord
  const store = children.find(({ name }) => name === 'store')
  if (!store) throw new Error('No object store of the installation runs.')
  await whileStopped(store.pid, during)
}

/** Does something while the database of the installation answers nobody: it is there, but stopped, and all connections are gone. */
export async function withoutDatabase(system: System, during: () => Promise<void>): Promise<void> {
  const pid = Number(readFileSync(stateFile(system, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const client = await databaseClient(system)
  await whileStopped(pid, async () => {
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()`)
    await client.end()
    await during()
  })
}

/** Does something between two probes of a box, however long it takes: Stout does not see by itself what is done to the box. */
export async function betweenProbes(system: System, box: string, during: () => Promise<void>): Promise<void> {
  const client = await databaseClient(system)
  try {
    const postpone = async () =>
      await client.query(
        `update boxes set next_probe_at = now() + interval '1 hour'
         where name = $1 and probed_at > now() - interval '5 seconds'`, // probes are 9 s apart: none is under way
        [box],
      )
    await expect.poll(async () => (await postpone()).rowCount, { timeout: 30_000 }).toBe(1)
    await during()
  } finally {
    await client.query('update boxes set next_probe_at = now() where name = $1', [box])
    await client.end()
  }
}

async function databaseClient(system: System): Promise<Client> {
  const server = JSON.parse(readFileSync(stateFile(system, 'postgres', 'postgres.json'), 'utf8'))
  const client = new Client({ host: '127.0.0.1', user: 'stout', database: 'postgres', ...server })
  await client.connect()
  return client
}

async function whileStopped(pid: number, during: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  try {
    await during()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
