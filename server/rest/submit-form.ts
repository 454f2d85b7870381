import { keepBundle } from '../../core/bundles/keep-bundle'
import { BUNDLE_LIMITS } from '../../core/bundles/limits'
import { discardStaged, type Staged, stageBundle, tooLargeBundle } from '../../core/bundles/stage-bundle'
import { requireTo } from '../../core/context'
import { DomainError } from '../../core/errors'
import { getJob } from '../../core/jobs/get-job'
import { type JobView, jobTag } from '../../core/jobs/job-view'
import { type Submission, submissionSchema } from '../../core/jobs/submission'
import { submitJob } from '../../core/jobs/submit-job'
import { json } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import { arrivingBody, jsonObjectOf, MAX_BODY_BYTES, whole } from '../body'
import { readForm } from '../form'
import { making } from '../trpc/making'
import { doOnce, partsOf, sha256Of } from './once'
import { type Asked, refuseQuery } from './route-table'

/** Zip and job, and what stands around them. */
const FORM_BYTES = BUNDLE_LIMITS.zippedBytes + MAX_BODY_BYTES + 100_000
/** Stands for the hash of a bundle that is still arriving. */
const NOT_YET = '0'.repeat(64)

export function isForm(request: Request): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(request.headers.get('content-type') ?? '')
}

/** Takes a job and its bundle in one request: a form of `job` (JSON, as it would be the body) and `bundle` (a zip), in any order. */
export async function submitForm(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  requireTo(ctx, 'run')
  refuseQuery(request)
  const { submission, job, staged } = await readParts(ctx, request)
  const work = async (via: RequestCtx) => {
    const { sha256: bundle } = await keepBundle(ctx, staged, submission.entry)
    const made = await making(
      via,
      (once) => submitJob(once, { ...submission, bundle }),
      (once, { id }) => getJob(once, id, ctx.publicUrl),
    )
    const { status, location, etag, body } = answerOf(made)
    return json(body, status, { location, etag })
  }
  const todo = { parts: partsOf(asked, job, staged.sha256), work, answerOf }
  return await doOnce(ctx, request, todo, () => discardStaged(ctx, staged))
}

function answerOf(made: unknown) {
  const job = made as JobView
  return { status: 201, location: `/api/v1/jobs/${job.id}`, etag: jobTag(job), body: made }
}

/** `job`: hash of the part as it came. */
type Parts = { submission: Submission; job: string; staged: Staged }

async function readParts(ctx: RequestCtx, request: Request): Promise<Parts> {
  const parts: Partial<Parts> = {}
  try {
    const body = arrivingBody(request, FORM_BYTES, tooLargeBundle)
    await readForm(request.headers.get('content-type') ?? '', body, {
      job: async (bytes) => {
        const job = await whole(bytes, MAX_BODY_BYTES)
        parts.job = sha256Of(job)
        parts.submission = submissionOf(jsonObjectOf(job))
      },
      bundle: async (bytes) => {
        parts.staged = await stageBundle(ctx, bytes)
      },
    })
    const { submission, job, staged } = parts
    if (!submission || !job || !staged) throw new Error('A form was read without its parts')
    return { submission, job, staged }
  } catch (error) {
    if (parts.staged) await discardStaged(ctx, parts.staged)
    throw error
  }
}

function submissionOf(job: Record<string, unknown>): Submission {
  const twice = ['script', 'bundle'].find((field) => field in job)
  if (twice !== undefined) {
    const message = 'is not given in the job when the bundle is a part of the form'
    throw new DomainError('bad_request', `${twice}: ${message}`, {}, [{ path: twice, message }])
  }
  return submissionSchema.parse({ ...job, bundle: NOT_YET })
}
