import { z } from 'zod'
import { type Ctx, requireTo } from '../context'
import type { BoxAddress } from './box-fields'
import { findTwins } from './fleet-rows'
import { canSave, checkSchema, judgeFindings } from './judge-findings'
import { type Fleet, lookAtBox } from './look-at-box'

/** What a probe of an address found, before anything is saved. */
export const probeReportSchema = z
  .object({
    checks: z.array(checkSchema),
    canSave: z.boolean().meta({ description: 'False when one of the problems keeps the box from being added.' }),
    found: z
      .object({
        lagerBoxId: z.string(),
        hostname: z.string(),
        bootId: z.string(),
        pythonVersion: z.string(),
        version: z.string(),
        nets: z.array(z.object({ name: z.string(), type: z.string() })),
        lockHolder: z.string().nullable(),
        callBacks: z.array(z.object({ url: z.string(), ok: z.boolean(), detail: z.string() })),
      })
      .nullable(),
  })
  .meta({ id: 'BoxProbe' })
export type ProbeReport = z.infer<typeof probeReportSchema>

/** Looks at an address as adding it would, and saves nothing. @throws DomainError `forbidden` */
export async function probeBox(ctx: Ctx, fleet: Fleet, address: BoxAddress): Promise<ProbeReport> {
  requireTo(ctx, 'manage')
  const findings = await lookAtBox(fleet, address)
  const identity = findings.kind === 'found' ? findings.inspection.identity : undefined
  const { sameAddress, sameIdentity } = await findTwins(ctx.db, ctx.orgId, {
    ...address,
    lagerBoxId: identity?.lagerBoxId,
  })
  const { installation } = fleet
  const checks = judgeFindings(findings, { address, installation, sameAddress, sameIdentity })
  if (findings.kind === 'refused' || !identity) return { checks, canSave: false, found: null }
  const { facts, callBacks } = findings
  const { python: pythonVersion, ...rest } = identity
  return { checks, canSave: canSave(checks), found: { ...rest, pythonVersion, ...facts, callBacks } }
}
