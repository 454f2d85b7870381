import { aSite } from '../../core/testing/site'

/** What the health of the box API says; the box API itself is the worker's, which these tests do without. */
export const aBoxApi = () =>
  aSite(JSON.stringify({ status: 'healthy', service: 'stout-worker', installation: 'local' }))
