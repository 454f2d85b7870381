/** `npm run reset`: forgets the installation of this clone, jobs and settings alike. Refuses while it runs. */
import { rmSync } from 'node:fs'
import { endBoxProcesses } from './demo-boxes'
import { stopPostgres } from './postgres'
import { AlreadyRunning, StateFolder } from './state'

const state = new StateFolder(process.env.STOUT_DATA_DIR || '.stout')
try {
  await state.hold()
  await state.endLeftovers()
  await endBoxProcesses(state, 1000)
  await stopPostgres(state.file('postgres'))
  rmSync(state.dir, { recursive: true, force: true })
  console.log(`Forgot everything in ${state.dir}. "npm start" begins anew.`)
} catch (error) {
  if (!(error instanceof AlreadyRunning)) throw error
  console.error(`${error.message} Stop it first: kill ${error.pid}`)
  process.exitCode = 1
}
process.disconnect?.()
