import type { IncomingMessage, ServerResponse } from 'node:http'
import { streamJob } from './attached'
import type { BoxContext } from './context'
import { recordJob, runFiles } from './detached'
import { interruptJob } from './ending'
import { buildEnvironment } from './environment'
import { type Command, type Job, startJob } from './job'
import { type Form, parseForm } from './multipart'
import { RequestError, replyIndented } from './replies'
import { type RunRequest, readRunRequest } from './run-request'
import { makeWorkspace, type Workspace } from './workspace'

const TIMEOUT_COMMAND = ['/usr/bin/timeout', '--kill-after', '5.0']
const ID_PREFIX = 'LAGER_PROCESS_ID='

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
  const command: Command = {
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

/** Streams a job to its client; when that goes away, ends the job. Whoever starts next waits for the end. */
export async function runAttached(box: BoxContext, job: Job, res: ServerResponse): Promise<void> {
  if ((await streamJob(job, res, box)) === 'ended') return
  res.destroy()
  const ended = interruptJob(job, box.timings)
  box.reaping.add(ended)
  await ended
}

async function runDetached(box: BoxContext, job: Job, request: RunRequest, res: ServerResponse): Promise<void> {
  const id = request.env.find((entry) => entry.startsWith(ID_PREFIX))?.slice(ID_PREFIX.length) ?? null
  const files = runFiles(box.state.processes, id)
  const { recorded } = await recordJob(job, files, id, box.timings, box.closing)
  replyIndented(res, 200, { status: 'detached', pid: job.pid, lager_process_id: id })
  await recorded.catch((error) => box.log({ msg: 'run is no longer recorded', pid: job.pid, error: String(error) }))
}

async function runUpload(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const clientIp = req.socket.remoteAddress ?? ''
  const request = readRunRequest(await readForm(req))
  const workspace = await makeWorkspace(request, box.state, box.python, box.identity.serviceEnv)
  try {
    const job = await start(box, request, workspace, clientIp)
    const { detach } = request
    box.log({ msg: 'run started', pid: job.pid, clientIp, detach, timeoutSeconds: request.timeoutSeconds })
    try {
      await (detach ? runDetached(box, job, request, res) : runAttached(box, job, res))
    } finally {
      job.channel.close()
      box.log({ msg: 'run ended', pid: job.pid })
    }
  } finally {
    await workspace.remove()
  }
}

/** Counts as under way until it is over, so that closing the box can wait for it. */
export async function underWay(box: BoxContext, run: Promise<void>): Promise<void> {
  box.runs.add(run)
  await run.finally(() => box.runs.delete(run))
}

/** POST /python: runs what was uploaded; streams its output until it ends, or records it when it is detached. */
export async function postPython(box: BoxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  await underWay(box, runUpload(box, req, res))
}
