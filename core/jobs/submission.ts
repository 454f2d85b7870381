import { z } from 'zod'
import { parseRequirement } from '../placement/requirements'
import { LIMITS } from './limits'

const RESERVED_ENV = /^(STOUT_|LAGER_)|^PYTHONBREAKPOINT$/
const bytes = (text: string) => new TextEncoder().encode(text).length

/** Text that Postgres and a process can carry: no NUL, no lone surrogates. */
const text = () =>
  z
    .string()
    .refine((value) => !value.includes('\0'), 'must not contain NUL characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')

const wholeSeconds = (limit: { min: number; max: number }) =>
  z
    .number()
    .int(`must be a whole number of seconds`)
    .min(limit.min, `must be at least ${limit.min} s`)
    .max(limit.max, `must be at most ${limit.max} s`)

const seconds = (limit: { min: number; max: number; default: number }) => wholeSeconds(limit).default(limit.default)

/** How long a script may run, from its start. */
export const timeoutSecondsSchema = wholeSeconds(LIMITS.timeoutSeconds)

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and _, without =')
  .refine((key) => !RESERVED_ENV.test(key), 'is reserved (STOUT_*, LAGER_*, PYTHONBREAKPOINT)')

const fitsEnv = (vars: Record<string, string>) =>
  Object.entries(vars).reduce((sum, [key, value]) => sum + bytes(key) + bytes(value) + 2, 0) <= LIMITS.envBytes
const TOO_MUCH_ENV = `must be at most ${LIMITS.envBytes} bytes in all`

const env = z.record(variableName, text()).refine(fitsEnv, TOO_MUCH_ENV)

const secretValue = text().refine(
  (value) => bytes(value) >= LIMITS.secretMinBytes,
  `must be at least ${LIMITS.secretMinBytes} bytes: a shorter one cannot be masked in the log`,
)

const secrets = z
  .record(variableName, secretValue)
  .refine((all) => Object.keys(all).length <= LIMITS.secrets, `must be at most ${LIMITS.secrets}`)
  .refine(fitsEnv, TOO_MUCH_ENV)

/** A path below the job's directory: relative, with `/`, and nothing that could lead out. */
const isInside = (path: string) =>
  !path.startsWith('/') && !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part))

const artifacts = z.strictObject({
  /** Patterns below the job's directory: `*`, `?`, `[…]` within a folder, `**` across folders. */
  globs: z
    .array(
      text()
        .min(1, 'must not be empty')
        .max(LIMITS.globCharacters, `must be at most ${LIMITS.globCharacters} characters`)
        .refine(isInside, 'must be a relative path with / and without . or ..'),
    )
    .max(LIMITS.globs, `must be at most ${LIMITS.globs}`)
    .default([]),
  /** Keep what the script left in Lager's own output folders, too. */
  lagerOutput: z.boolean().default(false),
})

const labels = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'must be 1 to 63 of letters, digits, _, . and -'),
    text().max(200, 'must be at most 200 characters'),
  )
  .refine((all) => Object.keys(all).length <= LIMITS.labels, `must be at most ${LIMITS.labels}`)

const name = z.string().min(1, 'must not be empty').max(200, 'must be at most 200 characters')
export const targetSchema = z.union(
  [z.strictObject({ box: name }), z.strictObject({ group: name }), z.strictObject({ any: z.literal(true) })],
  'must be { "box": name }, { "group": name } or { "any": true }',
)
export type Target = z.infer<typeof targetSchema>

/** What a box must have: all of it. */
export const requiresSchema = z
  .array(
    z
      .string()
      .refine((item) => parseRequirement(item) !== undefined, 'must read label=value, net:TYPE or net:TYPE>=COUNT'),
  )
  .max(LIMITS.requires, `must be at most ${LIMITS.requires}`)

const fields = z.strictObject({
  name: text()
    .min(1, 'must not be empty')
    .max(LIMITS.nameCharacters, `must be at most ${LIMITS.nameCharacters} characters`)
    .default('script'),
  /** Source of the Python script, at most 1 MB as UTF-8; its size is checked by submitJob, which answers 413. */
  script: text().min(1, 'must not be empty').optional(),
  /** SHA-256 in hex of a zip that was uploaded to the organisation before. */
  bundle: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of an uploaded bundle, in 64 hex digits')
    .optional(),
  /** The file of the bundle that is run. */
  entry: text()
    .min(1, 'must not be empty')
    .max(LIMITS.globCharacters, `must be at most ${LIMITS.globCharacters} characters`)
    .refine(isInside, 'must be a relative path with / and without . or ..')
    .default('main.py'),
  args: z
    .array(text().refine((arg) => bytes(arg) <= LIMITS.argBytes, `must be at most ${LIMITS.argBytes} bytes`))
    .max(LIMITS.args, `must be at most ${LIMITS.args}`)
    .default([]),
  env: env.default({}),
  /** Go into the script's environment like `env`, are masked in its log, and are forgotten at its end. */
  secrets: secrets.default({}),
  artifacts: artifacts.default({ globs: [], lagerOutput: false }),
  labels: labels.default({}),
  target: targetSchema.default({ any: true }),
  requires: requiresSchema.default([]),
  timeoutSeconds: seconds(LIMITS.timeoutSeconds),
  queueTimeoutSeconds: seconds(LIMITS.queueTimeoutSeconds),
  graceSeconds: seconds(LIMITS.graceSeconds),
  /** The script is ended when it prints nothing for so long. Null: it may be silent. */
  noOutputTimeoutSeconds: wholeSeconds(LIMITS.noOutputTimeoutSeconds)
    .nullable()
    .default(LIMITS.noOutputTimeoutSeconds.default),
})

/** A job as it is submitted by REST, tRPC and the browser's form. Only `script`, or else `bundle`, is required. */
export const submissionSchema = fields.check(({ value, issues }) => {
  const wrong = (path: string, message: string) => issues.push({ code: 'custom', path: [path], message, input: value })
  if ((value.script === undefined) === (value.bundle === undefined)) wrong('script', 'give either script or bundle')
  if (value.script !== undefined && value.entry !== 'main.py') wrong('entry', 'is for bundles only')
  for (const name of Object.keys(value.secrets)) if (name in value.env) wrong('secrets', `${name} stands in env too`)
})
export type Submission = z.infer<typeof submissionSchema>

/** What a job was submitted as, without the values of its secrets. */
export const submittedSchema = fields
  .omit({ secrets: true })
  .extend({ secretNames: z.array(z.string()) })
  .meta({ id: 'Submission' })
export type Submitted = z.infer<typeof submittedSchema>

type Shape = typeof fields.shape
type Bare<T> = T extends z.ZodDefault<infer Inner> ? Inner : T
const bare = (field: z.ZodType) => (field instanceof z.ZodDefault ? field.unwrap() : field)
const optional = Object.fromEntries(
  Object.entries(fields.shape).map(([key, field]) => [key, z.optional(bare(field))]),
) as { [K in keyof Shape]: z.ZodOptional<Bare<Shape[K]>> }

/**
 * What may be another way when a job is run again: any field of a submission, which then takes the place of the job's own as a whole.
 * Secrets were forgotten at its end, so each is given anew, or dropped by null.
 */
export const changesSchema = z.strictObject({
  ...optional,
  secrets: z.record(variableName, secretValue.nullable()).optional(),
})
export type Changes = z.infer<typeof changesSchema>
