import { type Kysely, sql } from 'kysely'

/**
 * Boxes that people add, change and remove. A removed box keeps its row, since jobs speak of it, but gives up its name and
 * address. What was found out about a box by running a script there, and when it is looked at next.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table boxes
      add column removed_at         timestamptz,
      add column hostname           text,
      add column boot_id            text,
      add column python_version     text,
      add column found_box_id       text,
      add column call_back_detail   text,
      add column missed_probes      integer not null default 0,
      add column inspected_at       timestamptz,
      add column next_probe_at      timestamptz not null default now(),
      add column next_inspection_at timestamptz not null default now(),
      drop constraint boxes_org_id_name_key,
      drop constraint boxes_org_id_host_python_port_key`.execute(db)
  await sql`create unique index boxes_by_name on boxes (org_id, name) where removed_at is null`.execute(db)
  await sql`create unique index boxes_by_address on boxes (org_id, host, python_port) where removed_at is null`.execute(
    db,
  )
  await sql`create index jobs_of_box on jobs (box_id, id desc) where box_id is not null`.execute(db)
}
