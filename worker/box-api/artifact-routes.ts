import { beginUploads } from '../../core/artifacts/begin-uploads'
import { confirmUploads } from '../../core/artifacts/confirm-uploads'
import { noteProgress } from '../../core/artifacts/note-progress'
import { skipFiles } from '../../core/artifacts/skip-files'
import { progressMessage, skippedMessage, uploadedMessage, uploadsMessage } from './artifact-messages'
import { readMessage } from './body'
import { type Route, requireRunToken } from './call'

/** A hundred files with long names, or with the hashes of many parts. */
const MAX_MESSAGE_BYTES = 4_000_000

/** What a supervisor says of the files that its script made. */
export const ARTIFACT_ROUTES: Record<string, Route> = {
  'POST uploads': async (deps, call) => {
    await requireRunToken(deps, call)
    const { files } = await readMessage(call.request, uploadsMessage, MAX_MESSAGE_BYTES)
    const { db, store, artifactLimits: limits } = deps
    const begun = await beginUploads({ db, store, limits }, call.ref, files)
    deps.artifactWakes.wake(call.ref.jobId)
    return { files: begun }
  },
  'POST uploaded': async (deps, call) => {
    await requireRunToken(deps, call)
    const { files } = await readMessage(call.request, uploadedMessage, MAX_MESSAGE_BYTES)
    const confirmed = await confirmUploads(deps, call.ref, files)
    deps.artifactWakes.wake(call.ref.jobId)
    return { files: confirmed }
  },
  'POST skipped': async (deps, call) => {
    await requireRunToken(deps, call)
    const { files } = await readMessage(call.request, skippedMessage, MAX_MESSAGE_BYTES)
    await skipFiles(deps.db, call.ref, files)
    deps.artifactWakes.wake(call.ref.jobId)
    return {}
  },
  'POST progress': async (deps, call) => {
    await requireRunToken(deps, call)
    const { sentBytes } = await readMessage(call.request, progressMessage, MAX_MESSAGE_BYTES)
    if (await noteProgress(deps.db, call.ref, sentBytes)) deps.artifactWakes.wake(call.ref.jobId)
    return {}
  },
}
