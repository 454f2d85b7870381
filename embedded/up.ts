/**
 * `npm start`: everything on this machine, from one command. Ends on Ctrl-C or SIGTERM and leaves nothing running; what a
 * kill -9 left is taken over or ended by the next start.
 */
import { build } from './build'
import { submitExampleJob } from './example-job'
import { until } from './process'
import { bold, dim } from './progress.mjs'
import { AlreadyRunning, StateFolder } from './state'
import { Stout } from './stout'

const state = new StateFolder(process.env.STOUT_DATA_DIR || '.stout')
let stout: Stout | null = null
let stoppingSince = 0

const say = (line: string) => console.log(line)
const port = (name: string, fallback: number) => Number(process.env[name] || fallback)

async function up(): Promise<void> {
  await state.hold()
  const built = await build()
  const since = Date.now()
  stout = new Stout({
    state,
    build: built,
    ports: {
      web: port('STOUT_WEB_PORT', 3000),
      worker: port('STOUT_WORKER_PORT', 3001),
      postgres: port('STOUT_POSTGRES_PORT', 54329),
      store: port('STOUT_STORE_PORT', 9100),
    },
    say,
  })
  await stout.start()
  const online = await waitForBoxes(stout)
  const example = await runExampleJob(stout)
  if (stoppingSince) return
  const seconds = ((Date.now() - since) / 1000).toFixed(1)
  say(dim(`Started in ${seconds} s; ${online} of ${stout.boxes.length} demo boxes are online.`))
  printWelcome(stout, example)
}

/** Waits a little for the demo boxes to be seen online; they come up by themselves if it takes longer. */
async function waitForBoxes({ localUrl, settings, boxes }: Stout): Promise<number> {
  let online = 0
  await until(
    async () => {
      if (stoppingSince) return true
      const response = await fetch(`${localUrl}/api/v1/boxes`, {
        headers: { authorization: `Bearer ${settings.apiToken}` },
        signal: AbortSignal.timeout(5000),
      }).catch(() => null)
      if (!response?.ok) return false
      const { items } = (await response.json()) as { items: { name: string; status: string }[] }
      online = boxes.filter(({ name }) => items.some((item) => item.name === name && item.status === 'online')).length
      return online === boxes.length
    },
    20_000,
    100,
  )
  return online
}

async function runExampleJob({ localUrl, settings }: Stout): Promise<string | null> {
  if (settings.exampleJobDone || stoppingSince) return null
  try {
    const page = await submitExampleJob(localUrl, settings.apiToken)
    state.saveSettings({ ...settings, exampleJobDone: true })
    return page
  } catch (error) {
    say(`The example job could not be submitted: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

function printWelcome({ url, settings }: Stout, example: string | null): void {
  say(`
  ${bold('Stout is running.')}

  URL        ${bold(url)}
  E-mail     ${settings.email}
  Password   ${settings.password}
  API token  ${settings.apiToken}
${example ? `\n  An example job is on its way: ${example}\n` : ''}
  Logs are in ${state.file('logs')}.
  Ctrl-C stops everything; jobs and settings stay. "npm run reset" forgets them.
`)
}

/** Ends in order; a second signal, a second later, kills. Never takes longer than 10 s. */
async function shutDown(why: string): Promise<void> {
  if (stoppingSince) {
    if (Date.now() - stoppingSince > 1000) stout?.children.kill()
    return
  }
  stoppingSince = Date.now()
  say(`\nStopping (${why}) …`)
  state.announceStop()
  setTimeout(() => {
    stout?.children.kill()
    exit(1)
  }, 10_000).unref()
  // A build that is under way gets the same signal passed on by whoever runs it.
  await new Promise((resolve) => setImmediate(resolve))
  await stout?.stop().catch((error: unknown) => say(`Something did not stop: ${String(error)}`))
  say('Everything has stopped.')
  exit(why === 'SIGINT' || why === 'SIGTERM' || why === 'SIGHUP' ? 0 : 1)
}

function exit(code: number): never {
  state.release()
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shutDown(signal))
if (process.send) process.on('disconnect', () => void shutDown('whoever started this is gone'))
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}) // a terminal that went away
process.on('uncaughtException', (error) => {
  console.error(error)
  void shutDown('this should not happen')
})

up().catch((error: unknown) => {
  if (stoppingSince) return // said, and on its way out
  if (error instanceof AlreadyRunning) say(`${error.message} To stop it: kill ${error.pid}`)
  else console.error(error instanceof Error ? error.message : error)
  exit(1)
})
