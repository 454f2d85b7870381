import { type Kysely, sql } from 'kysely'

/** The fleet: boxes, what was last seen of them, and groups of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table boxes (
      id                   text primary key,
      org_id               text not null references orgs (id),
      name                 text not null,
      host                 text not null,
      python_port          integer not null default 5000,
      http_port            integer not null default 9000,
      token_sealed         text,
      slots                integer not null default 1 check (slots between 1 and 64),
      labels               jsonb not null default '{}',
      lager_box_id         text,
      status               text not null default 'unknown' check (status in ('unknown', 'online', 'offline')),
      status_detail        text,
      version              text,
      nets                 jsonb not null default '[]',
      lock_holder          text,
      can_call_back        boolean not null default true,
      identity_mismatch_at timestamptz,
      draining             boolean not null default false,
      probed_at            timestamptz,
      last_seen_at         timestamptz,
      created_at           timestamptz not null default now(),
      unique (org_id, name),
      unique (org_id, host, python_port)
    )`.execute(db)
  await sql`
    create table groups (
      id         text primary key,
      org_id     text not null references orgs (id),
      name       text not null,
      created_at timestamptz not null default now(),
      unique (org_id, name)
    )`.execute(db)
  await sql`
    create table group_boxes (
      group_id text not null references groups (id) on delete cascade,
      box_id   text not null references boxes (id) on delete cascade,
      primary key (group_id, box_id)
    )`.execute(db)
  await sql`create index group_boxes_of_box on group_boxes (box_id)`.execute(db)
}
