import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startedAt } from './lock.mjs'
import { startPostgres } from './postgres'
import { until } from './process'

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

function temporaryFolder(): { dataDir: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout postgres-'))
  return { dataDir: path.join(folder, 'pg'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

test('what was committed survives a kill -9, a stale pid file and a taken port', async () => {
  using folder = temporaryFolder()
  const { dataDir } = folder
  const first = await startPostgres({ dataDir, preferredPort: 0 })
  expect(first.adopted).toBe(false)
  await query(first.url, "create table t as select 'kept' as word")

  const again = await startPostgres({ dataDir, preferredPort: 0 })
  expect(again).toMatchObject({ adopted: true, pid: first.pid, url: first.url })

  process.kill(first.pid, 'SIGKILL')
  await until(() => startedAt(first.pid) === null, 5000)
  // The pid now belongs to somebody else, and so does the port.
  writeFileSync(path.join(dataDir, 'data', 'postmaster.pid'), `${process.pid}\n${dataDir}/data\n`)
  const thief = createServer().listen(first.port, '127.0.0.1')
  const second = await startPostgres({ dataDir, preferredPort: 0 })
  try {
    expect(second.adopted).toBe(false)
    expect(second.port).not.toBe(first.port)
    expect(await query(second.url, 'select word from t')).toEqual([{ word: 'kept' }])
  } finally {
    thief.close()
    await second.stop()
    await second.stop()
  }
  expect(startedAt(second.pid)).toBe(null)
})

test('it speaks UTF-8 and UTC, listens on loopback alone and asks for the password, whatever the environment says', async () => {
  using folder = temporaryFolder()
  const before = process.umask(0o077)
  const postgres = await startPostgres({ dataDir: folder.dataDir, preferredPort: 0, throwaway: true })
  try {
    const [row] = await query(
      postgres.url,
      `select current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone,
        current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
        current_setting('max_connections') as connections, upper('é') as upper`,
    )
    expect(row).toEqual({
      encoding: 'UTF8',
      zone: 'UTC',
      listen: '127.0.0.1',
      sockets: '',
      connections: '300',
      upper: 'É',
    })
    const wrong = `postgres://stout:wrong@127.0.0.1:${postgres.port}/postgres`
    await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/)
  } finally {
    process.umask(before)
    await postgres.stop()
  }
})
