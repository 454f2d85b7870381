import { z } from 'zod'
import type { Db } from '../../db/client'
import { tagOf } from '../edits/tag'
import type { OrgId } from '../ids'

const MAX_DAYS = 36_500
const days = () =>
  z
    .number()
    .int('must be a whole number of days')
    .min(1, 'must be at least 1 day')
    .max(MAX_DAYS, `must be at most ${MAX_DAYS} days`)
    .nullable()

/** For how many days from the end of a job its things are kept; null: for ever. The job takes its log and artifacts with it. */
export const retentionSchema = z
  .object({ jobsDays: days(), logsDays: days(), artifactsDays: days() })
  .meta({ id: 'Retention' })
export type Retention = z.infer<typeof retentionSchema>

/** Names the settings as they are. */
export function retentionTag({ jobsDays, logsDays, artifactsDays }: Retention): string {
  return tagOf([jobsDays, logsDays, artifactsDays])
}

/** What an organisation keeps for how long. A new one keeps everything for ever. */
export async function readRetention(db: Pick<Db, 'selectFrom'>, orgId: OrgId): Promise<Retention> {
  return await db
    .selectFrom('orgs')
    .select(['keepJobsDays as jobsDays', 'keepLogsDays as logsDays', 'keepArtifactsDays as artifactsDays'])
    .where('id', '=', orgId)
    .executeTakeFirstOrThrow()
}

/** Organisations that do not keep everything for ever. */
export async function orgsThatRemove(db: Db): Promise<(Retention & { orgId: OrgId })[]> {
  return await db
    .selectFrom('orgs')
    .select([
      'id as orgId',
      'keepJobsDays as jobsDays',
      'keepLogsDays as logsDays',
      'keepArtifactsDays as artifactsDays',
    ])
    .where(({ or, eb }) =>
      or([
        eb('keepJobsDays', 'is not', null),
        eb('keepLogsDays', 'is not', null),
        eb('keepArtifactsDays', 'is not', null),
      ]),
    )
    .execute()
}
