import type { Route } from 'next'

/** Address of a job's page. */
export function jobPath(jobId: string): Route {
  return `/jobs/${jobId}` as Route
}

/** Address of the form that runs a job again with changes. */
export function editPath(jobId: string): Route {
  return `/jobs/new?rerun=${jobId}` as Route
}

/** Address of a box's page. */
export function boxPath(boxId: string): Route {
  return `/boxes/${boxId}` as Route
}
