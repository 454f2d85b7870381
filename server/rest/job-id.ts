import { NotFound } from '../../core/errors'
import type { JobId } from '../../core/ids'
import { jobIdSchema } from '../trpc/inputs'
import type { Asked } from './route-table'

/** The job that a path names. @throws NotFound for what is no id */
export function jobIdOf({ params }: Asked): JobId {
  const id = jobIdSchema.safeParse(params.jobId)
  if (!id.success) throw new NotFound('job', JSON.stringify(params.jobId))
  return id.data
}
