import { mintRunToken } from '../../core/attempts/tokens'
import { eventually, type Lab } from './lab'

/** A claimed attempt, and the token by which a test speaks for it as its supervisor (a process with that id) would. */
export async function aClaim(lab: Lab) {
  const box = await lab.addBox()
  const id = await lab.submit({ script: 'import time; time.sleep(600)', target: { box: box.name }, graceSeconds: 0 })
  await eventually('its supervisor runs', async () => (await lab.job(id)).state === 'running')
  const { identity, nonce } = await lab.attempt(id)
  const token = mintRunToken(lab.fleet.keys, { jobId: id, attempt: 1 }, nonce ?? '', new Date())
  return { id, token, supervisor: identity?.pid ?? 0 }
}
