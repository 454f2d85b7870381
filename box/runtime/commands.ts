import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { BoxContext } from './context'
import { buildEnvironment } from './environment'
import { startJob } from './job'
import { parseJsonObject } from './kill'
import { RequestError, readBody } from './replies'
import { runAttached, underWay } from './run'
import type { RunRequest } from './run-request'

const TEST_SCRIPT = 'import sys; print("Hello from test script!"); print("Python version:", sys.version)'

const NOTHING_ASKED: RunRequest = {
  script: undefined,
  module: undefined,
  args: [],
  env: [],
  detach: false,
  mergeStderr: true,
  timeoutSeconds: 0,
  hardwareEnv: {},
}

/** Runs the interpreter with arguments of the box's own choosing, without a time limit, and streams what it prints. */
async function stream(box: BoxContext, args: string[], req: IncomingMessage, res: ServerResponse): Promise<void> {
  const outputChannel = join(box.state.tmp, `tmp${randomUUID()}`)
  await writeFile(outputChannel, '', { mode: 0o600 })
  try {
    const clientIp = req.socket.remoteAddress ?? ''
    const moduleFolder = box.state.tmp
    const env = await buildEnvironment(NOTHING_ASKED, box.identity, box.state, {
      moduleFolder,
      outputChannel,
      clientIp,
    })
    const argv = [...box.commandPrefix, box.python, ...args]
    box.closing.throwIfAborted()
    const command = { argv, cwd: moduleFolder, env, mergeStderr: true, ownSession: false, outputChannel }
    const job = await startJob(command, box.pipes)
    await runAttached(box, job, res).finally(() => job.channel.close())
  } finally {
    await rm(outputChannel, { force: true })
  }
}

/** POST /test-execute: a script that says hello. */
export async function postTestExecute(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  await underWay(box, stream(box, ['-c', TEST_SCRIPT], req, res))
}

/** POST /pip {args}: pip of the interpreter that runs the scripts. @throws RequestError 400 when args is no list, 500 */
export async function postPip(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { args = [] } = parseJsonObject(await readBody(req))
  if (!Array.isArray(args)) throw new RequestError(400, 'args must be a list')
  if (!args.every((arg) => typeof arg === 'string'))
    throw new RequestError(500, 'Internal server error: args must be text')
  await underWay(box, stream(box, ['-m', 'pip', ...args], req, res))
}
