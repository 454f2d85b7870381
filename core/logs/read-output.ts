import { z } from 'zod'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import type { LogSource } from './log-blocks'
import { lastLine, visibleAttempt } from './read-log'
import type { LogRecord } from './records'
import { scanLog } from './scan-log'

/** One value of the output channel. */
export const outputValueSchema = z
  .object({
    n: z.number().int().meta({ description: 'Its line in the log.' }),
    at: z.iso.datetime(),
    encoding: z.enum(['json', 'yaml', 'raw', 'pickle']),
    value: z.unknown().meta({ description: 'yaml: the text; raw: base64; pickle: only its size.' }),
  })
  .meta({ id: 'OutputValue' })
export type OutputValue = z.infer<typeof outputValueSchema>

/**
 * The values that a script gave to the output channel, from line `from` of its log on, as far as one call of `scanLog` comes.
 * What was torn on the way is no value; it stays to be read in the log.
 * @throws NotFound; DomainError `unavailable` when the log is packed and the store does not answer
 */
export async function readOutput(
  ctx: Ctx & LogSource,
  jobId: JobId,
  { attempt: wanted, ...range }: { attempt?: number | undefined; from: number; limit: number },
): Promise<{ attempt: number; items: OutputValue[]; nextFrom: number; lineCount: number }> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted)
  if (attempt === 0) return { attempt, items: [], nextFrom: range.from, lineCount: 0 }
  const ref = { jobId, attempt }
  return { attempt, ...(await scanLog(ctx, ref, range, toValue)), lineCount: await lastLine(ctx, ref) }
}

function toValue({ n, atMicros, stream, torn, gap, bytes }: LogRecord): OutputValue | undefined {
  if (stream !== 'output' || torn || gap) return undefined
  try {
    const { encoding, value } = JSON.parse(bytes.toString('utf8')) as Pick<OutputValue, 'encoding' | 'value'>
    const told = outputValueSchema.safeParse({ n, at: new Date(atMicros / 1_000).toISOString(), encoding, value })
    return told.data
  } catch {
    return undefined // a supervisor sends nothing like it
  }
}
