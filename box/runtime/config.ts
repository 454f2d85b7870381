import { z } from 'zod'

const port = z.number().int().min(0).max(65_535)

const BoxConfigSchema = z.strictObject({
  /** What scripts see as LAGER_BOX_ID. */
  boxId: z.string().min(1),
  /** Address that both ports listen on; scripts see it as LAGER_HOST and LOCAL_ADDRESS. */
  host: z.string().min(1),
  /** The port that runs Python (5000 on a stock box); 0 takes any free one. */
  pythonPort: port,
  /** The second port (9000 on a stock box): status, nets and lock; 0 takes any free one. */
  httpPort: port,
  /** Everything that the box keeps lives below this directory. No two boxes may share one. */
  stateRoot: z.string().min(1),
  /** When set, every request but GET /health needs `Authorization: Bearer <token>`. */
  token: z.string().min(1).optional(),
  /** The box's nets, as they stand in a Lager saved_nets.json. */
  nets: z.array(z.record(z.string(), z.unknown())),
  /** Content of the version file, `box version` or `box version|updater version`. */
  version: z.string().optional(),
  /** Python interpreter; found by itself when absent. */
  python: z.string().min(1).optional(),
  /** Niceness that scripts start with, silently left at 0 where that is not permitted. -10 when absent. */
  niceness: z.number().int().min(-20).max(19).optional(),
})

export type BoxConfig = z.infer<typeof BoxConfigSchema>

/**
 * Reads a box's configuration.
 *
 * @throws Error naming every wrong field, never a value (the token may be among them)
 */
export function parseBoxConfig(given: unknown): BoxConfig {
  const parsed = BoxConfigSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top level)'}: ${issue.message}`)
  throw new Error(`Bad box configuration:\n${lines.join('\n')}`)
}
