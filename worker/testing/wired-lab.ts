import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Process, processesOf } from '../../box/supervisor/testing/processes'
import type { JobId } from '../../core/ids'
import { aLab, eventually, type Lab, type LabBox } from './lab'
import { aProxy } from './proxy'

/** A lab whose supervisors reach the box API over a line that a test can cut. */
export type WiredLab = AsyncDisposable & { lab: Lab; line: Awaited<ReturnType<typeof aProxy>> }

export async function aWiredLab(env: Record<string, string>): Promise<WiredLab> {
  await using stack = new AsyncDisposableStack()
  let workerPort = 0
  const line = stack.use(await aProxy(() => workerPort))
  const lab = stack.use(await aLab(env, { boxUrl: `http://127.0.0.1:${line.port}` }))
  workerPort = lab.workerPort
  const whole = stack.move()
  return { lab, line, [Symbol.asyncDispose]: () => whole.disposeAsync() }
}

/** Python that waits for a file of this name in the directory that is its first argument. */
export const waitFor = (name: string) =>
  `import os, sys, time\nwhile not os.path.exists(sys.argv[1] + "/${name}"): time.sleep(.02)\n`

/** Lets a script go on that waits for `name`. */
export const letGo = (dir: string, name: string) => writeFileSync(path.join(dir, name), '')

/** What of an attempt runs on its box: supervisor and guard by their names, the script by its tag. */
export async function processesOn(lab: Lab, box: LabBox, id: JobId): Promise<Process[]> {
  const { processId } = await lab.attempt(id)
  return await processesOf(path.join(box.stateRoot, 'tmp'), processId)
}

/** Kills processes at once, so that none of them acts on the death of another. */
export function killAll(victims: Process[]): void {
  for (const { pid } of victims) process.kill(pid, 'SIGSTOP')
  for (const { pid } of victims) process.kill(pid, 'SIGKILL')
}

/** The directories of attempts that lie on a box. */
export function attemptDirectories({ stateRoot }: LabBox): string[] {
  const tmp = path.join(stateRoot, 'tmp')
  const names = existsSync(tmp) ? readdirSync(tmp) : []
  return names.filter((name) => /^stout-job_/.test(name)).map((name) => path.join(tmp, name))
}

/** Resolves once a file of the attempt on the box holds `text`. */
export async function untilOnBox(box: LabBox, file: RegExp, text: string): Promise<void> {
  await eventually(`${file} on ${box.name} holds ${text}`, () =>
    attemptDirectories(box).some((directory) =>
      readdirSync(directory)
        .filter((name) => file.test(name))
        .some((name) => readFileSync(path.join(directory, name), 'latin1').includes(text)),
    ),
  )
}

/** Asks a box for its own lock, as anybody on the bench may. */
export async function lockHolder({ url }: LabBox): Promise<string | null> {
  const answer = await fetch(`${url}/lock`, { headers: { authorization: 'Bearer box-token-of-the-lab' } })
  const { user } = (await answer.json()) as { user?: string }
  return user ?? null
}
