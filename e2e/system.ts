/**
 * The process that holds the installation under test: everything that `npm start` runs, on ports and a state folder of its
 * own. Whoever forked it is told how to get in; when they are gone, killed or not, it ends everything and removes the folder.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from '../embedded/build'
import { StateFolder } from '../embedded/state'
import { Stout } from '../embedded/stout'
import { SYSTEM_WISH, type System, type SystemWish } from './connection'

/** What the environment of the person who runs the tests may say of an installation of theirs. */
const NOT_INHERITED = ['DATABASE_URL', 'REDIS_URL', 'STOUT_URL', 'STOUT_BOX_URL', 'STOUT_SECRET', 'STOUT_INSTALLATION']

const dir = mkdtempSync(path.join(tmpdir(), 'stout-e2e-'))
let stout: Stout | null = null
let ending = false

/** What this installation is to be like, where it is not the one that all tests share. */
function given(): SystemWish {
  return process.env[SYSTEM_WISH] ? JSON.parse(process.env[SYSTEM_WISH]) : {}
}

async function start(): Promise<void> {
  for (const name of [...NOT_INHERITED, 'STOUT_HOST', 'NEXTAUTH_SECRET']) delete process.env[name]
  for (const name of Object.keys(process.env)) if (name.startsWith('S3_')) delete process.env[name]
  const state = new StateFolder(dir)
  await state.hold()
  const built = await build()
  if (ending) return
  const say = (line: string) => console.error(line)
  const { env, ports } = given()
  const any = { web: 0, worker: 0, postgres: 0, store: 0 }
  stout = new Stout({
    state,
    build: built,
    ports: { ...any, ...ports },
    realBoxAddresses: false,
    say,
    ...(env && { env }),
  })
  await stout.start()
  const { email, password, apiToken, storePort } = stout.settings
  const storeOrigin = `http://127.0.0.1:${storePort}`
  const system: System = { url: stout.url, storeOrigin, email, password, apiToken, logDir: state.file('logs') }
  process.send?.(system)
}

async function end(code: number): Promise<void> {
  if (ending) return
  ending = true
  await stout?.stop().catch((error: unknown) => console.error(error))
  rmSync(dir, { recursive: true, force: true })
  process.exit(code)
}

process.on('disconnect', () => process.kill(process.pid, 'SIGTERM')) // a build that is under way hears that too
process.on('SIGTERM', () => void end(0))
process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group; the runner says when it is time
start().catch((error: unknown) => {
  console.error(error)
  void end(1)
})
