import type { IncomingMessage, ServerResponse } from 'node:http'
import { interruptJob, streamJob } from './attached'
import type { BoxContext } from './context'
import { buildEnvironment } from './environment'
import { type Job, startJob } from './job'
import { type Form, parseForm } from './multipart'
import { RequestError } from './replies'
import { type RunRequest, readRunRequest } from './run-request'
import { makeWorkspace, type Workspace } from './workspace'

const TIMEOUT_COMMAND = ['/usr/bin/timeout', '--kill-after', '5.0']

async function readForm(req: IncomingMessage): Promise<Form> {
  try {
    return await parseForm(req)
  } catch (error) {
    throw new RequestError(400, `Failed to parse request: ${error instanceof Error ? error.message : error}`)
  }
}

async function start(box: BoxContext, request: RunRequest, workspace: Workspace, clientIp: string): Promise<Job> {
  const run = { moduleFolder: workspace.folder, outputChannel: workspace.outputChannel, clientIp }
  const limit = request.detach ? [] : [...TIMEOUT_COMMAND, String(request.timeoutSeconds)]
  const command = {
    argv: [...box.commandPrefix, ...limit, box.python, '-u', workspace.entry, ...request.args],
    cwd: workspace.folder,
    env: await buildEnvironment(request, box.identity, box.state, run),
    mergeStderr: request.mergeStderr,
    ownSession: request.detach,
    outputChannel: workspace.outputChannel,
  }
  await box.reaping.whenQuiet()
  box.closing.throwIfAborted()
  return await startJob(command, box.pipes)
}

async function runAttached(box: BoxContext, job: Job, res: ServerResponse): Promise<void> {
  if ((await streamJob(job, res, box.timings)) === 'finished') return
  res.destroy()
  const ended = interruptJob(job, box.timings)
  box.reaping.add(ended)
  await ended
}

/** POST /python: runs what was uploaded and streams its output until it ends. */
export async function postPython(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const run = runUpload(box, req, res)
  box.runs.add(run)
  await run.finally(() => box.runs.delete(run))
}

async function runUpload(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const clientIp = req.socket.remoteAddress ?? ''
  const request = readRunRequest(await readForm(req))
  const workspace = await makeWorkspace(request, box.state, box.python, box.identity.serviceEnv)
  try {
    const job = await start(box, request, workspace, clientIp)
    box.log({ msg: 'run started', pid: job.pid, clientIp, timeoutSeconds: request.timeoutSeconds })
    try {
      await runAttached(box, job, res)
    } finally {
      job.channel.close()
      box.log({ msg: 'run ended', pid: job.pid })
    }
  } finally {
    await workspace.remove()
  }
}
