import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../server/trpc/router'

type Inputs = inferRouterInputs<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>

/** What a job is submitted as. */
export type Submission = Inputs['jobs']['submit']
export type Job = Outputs['jobs']['get']
export type Artifact = Outputs['artifacts']['list']['items'][number]
export type LogLine = Outputs['jobs']['logs']['items'][number]

/** Where to go on in a log: after line `n` of an attempt. */
export type LogPosition = { attempt: number; n: number }

/** Where an installation is, and who asks. */
export type Access = {
  /** Where people reach it. */
  url: string
  /** An API token: `stout_…`. */
  token: string
}
