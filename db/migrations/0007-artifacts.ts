import { type Kysely, sql } from 'kysely'

/**
 * What lies in the object store, and who speaks of it. A row stands in `stored_objects` before its first byte is sent, so that
 * whatever an upload leaves behind is found without listing the store. Keys are used once.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await storedObjects(db)
  await artifacts(db)
  await jobFiles(db)
  await sql`
    alter table log_heads
      add column packed_key   text references stored_objects (key),
      add column packed_index bytea,
      add column packed_at    timestamptz,
      add check (num_nulls(packed_key, packed_index, packed_at) in (0, 3))`.execute(db)
  await sql`create index log_heads_to_pack on log_heads (ended_at) where packed_key is null`.execute(db)
}

async function storedObjects(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table stored_objects (
      key        text primary key,
      org_id     text not null references orgs (id),
      state      text not null default 'pending' check (state in ('pending', 'kept', 'deleting')),
      upload_id  text,
      created_at timestamptz not null default now()
    )`.execute(db)
  await sql`create index stored_objects_to_clean on stored_objects (created_at) where state <> 'kept'`.execute(db)
}

async function artifacts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table artifacts (
      id           text primary key,
      org_id       text not null references orgs (id),
      job_id       text not null,
      attempt      integer not null,
      path         text not null,
      source       text not null check (source in ('artifacts', 'glob', 'lager')),
      state        text not null check (state in ('uploading', 'uploaded', 'skipped', 'failed')),
      size_bytes   bigint,
      sent_bytes   bigint not null default 0,
      sha256       text check (sha256 ~ '^[0-9a-f]{64}$'),
      part_sha256  jsonb,
      content_type text not null default 'application/octet-stream',
      object_key   text references stored_objects (key),
      why          text,
      created_at   timestamptz not null default now(),
      uploaded_at  timestamptz,
      unique (job_id, attempt, path),
      foreign key (job_id, attempt) references attempts (job_id, attempt),
      check ((state = 'uploaded') = (uploaded_at is not null)),
      check (state not in ('uploading', 'uploaded') or num_nulls(object_key, sha256, size_bytes) = 0),
      check (state not in ('skipped', 'failed') or why is not null)
    )`.execute(db)
  await sql`create index artifacts_by_object on artifacts (object_key) where object_key is not null`.execute(db)
  await sql`alter table attempts add column upload_heard_at timestamptz`.execute(db)
}

/** What a job brings beside its script, and what it wants kept. */
async function jobFiles(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table bundles
      add column last_used_at timestamptz not null default now(),
      add foreign key (object_key) references stored_objects (key)`.execute(db)
  await sql`create index bundles_unused on bundles (last_used_at)`.execute(db)
  await sql`create index jobs_of_bundle on jobs (org_id, bundle_sha256)`.execute(db)
  await sql`
    alter table jobs
      add column entry            text not null default 'main.py',
      add column artifact_globs   jsonb not null default '[]',
      add column lager_output     boolean not null default false,
      add column secret_names     jsonb not null default '[]'`.execute(db)
  await sql`
    create table job_secrets (
      job_id text primary key references jobs (id),
      sealed text not null
    )`.execute(db)
}
