import { type Kysely, sql } from 'kysely'

/**
 * Jobs, their attempts, and what attempts hold. `jobs.state` only ever takes a step of the state machine: the trigger
 * repeats core/jobs/state.ts as it was when this was written, and a test compares the two.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await bundlesAndJobs(db)
  await attemptsAndHolds(db)
  await stateGuard(db)
}

async function bundlesAndJobs(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table bundles (
      org_id     text not null references orgs (id),
      sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      kind       text not null check (kind in ('script', 'zip')),
      size_bytes bigint not null,
      inline     bytea,
      object_key text,
      created_at timestamptz not null default now(),
      primary key (org_id, sha256),
      check (num_nonnulls(inline, object_key) = 1)
    )`.execute(db)
  await sql`
    create table jobs (
      id                        text primary key,
      org_id                    text not null references orgs (id),
      name                      text not null,
      state                     text not null default 'queued',
      attempt                   integer not null default 0,
      last_seq                  integer not null default 0,
      bundle_sha256             text not null,
      args                      jsonb not null default '[]',
      env                       jsonb not null default '{}',
      labels                    jsonb not null default '{}',
      target_kind               text not null check (target_kind in ('box', 'group', 'any')),
      target_id                 text,
      requires                  jsonb not null default '[]',
      requirement_key           text not null,
      queue_key                 text not null,
      priority                  integer not null default 0,
      submitted_by              text not null,
      parent_id                 text references jobs (id),
      not_before_at             timestamptz,
      hold_reason               text,
      policy                    jsonb not null default '{"kind": "organisation"}',
      retry_policy              jsonb,
      timeout_seconds           integer not null,
      queue_timeout_seconds     integer not null,
      grace_seconds             integer not null,
      no_output_timeout_seconds integer,
      box_id                    text references boxes (id),
      failure_class             text check (failure_class in ('script', 'dispatch', 'box_lost', 'artifacts', 'internal')),
      exit_code                 integer,
      signal                    text,
      error                     text,
      created_at                timestamptz not null default now(),
      runnable_at               timestamptz,
      queue_deadline_at         timestamptz,
      started_at                timestamptz,
      deadline_at               timestamptz,
      finished_at               timestamptz,
      foreign key (org_id, bundle_sha256) references bundles (org_id, sha256),
      check ((target_kind = 'any') = (target_id is null))
    )`.execute(db)
  await sql`create index jobs_of_org on jobs (org_id, id desc)`.execute(db)
  await sql`create index jobs_waiting on jobs (org_id, requirement_key, priority desc, id)
    where state in ('queued', 'waiting_for_box')`.execute(db)
  await sql`create index jobs_live on jobs (org_id, state) where state in ('queued', 'waiting_for_box', 'dispatching',
    'running', 'uploading_artifacts')`.execute(db)
  await sql`create index jobs_by_queue_deadline on jobs (queue_deadline_at)
    where state in ('queued', 'waiting_for_box')`.execute(db)
  await sql`create index jobs_by_deadline on jobs (deadline_at) where state = 'running'`.execute(db)
}

async function attemptsAndHolds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table attempts (
      job_id              text not null references jobs (id),
      attempt             integer not null check (attempt > 0),
      org_id              text not null references orgs (id),
      box_id              text not null references boxes (id),
      process_id          uuid not null default gen_random_uuid(),
      phase               text not null default 'placed' check (phase in ('placed', 'claimed', 'exited', 'closed')),
      nonce               text,
      identity            jsonb,
      box_locked          boolean not null default false,
      control_version     integer not null default 0,
      cancel_reason       text,
      stop_reason         text,
      ended_by            text check (ended_by in ('script', 'deadline', 'cancel', 'no_output', 'outside')),
      exit_code           integer,
      signal              text,
      error               text,
      closed_by           text check (closed_by in ('done', 'fenced', 'reaped', 'released')),
      placed_at           timestamptz not null default now(),
      dispatch_started_at timestamptz,
      launched_at         timestamptz,
      claimed_at          timestamptz,
      deadline_at         timestamptz,
      exited_at           timestamptz,
      closed_at           timestamptz,
      primary key (job_id, attempt),
      check ((nonce is null) = (claimed_at is null)),
      check ((phase = 'closed') = (closed_at is not null))
    )`.execute(db)
  await sql`create index attempts_open on attempts (phase, placed_at) where phase <> 'closed'`.execute(db)
  await sql`create index attempts_of_box on attempts (box_id, placed_at desc)`.execute(db)
  await sql`
    create table leases (
      box_id         text not null references boxes (id),
      slot           integer not null check (slot >= 0),
      org_id         text not null references orgs (id),
      job_id         text,
      attempt        integer,
      reservation_id text,
      acquired_at    timestamptz not null default now(),
      primary key (box_id, slot),
      foreign key (job_id, attempt) references attempts (job_id, attempt),
      check (num_nonnulls(job_id, reservation_id) = 1),
      check ((job_id is null) = (attempt is null))
    )`.execute(db)
  await sql`create index leases_of_attempt on leases (job_id, attempt)`.execute(db)
  await sql`
    create table box_rests (
      job_id   text not null references jobs (id),
      box_id   text not null references boxes (id),
      tries    integer not null default 1,
      silent_tries integer not null default 0,
      until_at timestamptz not null,
      why      jsonb not null,
      primary key (job_id, box_id)
    )`.execute(db)
  await sql`
    create table wait_reasons (
      org_id          text not null references orgs (id),
      requirement_key text not null,
      reasons         jsonb not null,
      changed_at      timestamptz not null default now(),
      primary key (org_id, requirement_key)
    )`.execute(db)
  await sql`
    create table box_api_presence (
      only_row           boolean primary key default true check (only_row),
      listening_since_at timestamptz not null,
      last_beat_at       timestamptz not null
    )`.execute(db)
}

async function stateGuard(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_illegal_job_step() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        if new.state <> 'queued' then
          raise exception 'a job begins queued, not %', new.state using errcode = 'check_violation';
        end if;
      elsif new.state <> old.state and not (old.state || '>' || new.state) = any (array[
        'queued>waiting_for_box', 'queued>dispatching', 'queued>cancelled', 'queued>no_suitable_box',
        'waiting_for_box>dispatching', 'waiting_for_box>cancelled', 'waiting_for_box>no_suitable_box',
        'dispatching>waiting_for_box', 'dispatching>running', 'dispatching>failed', 'dispatching>cancelled',
        'running>uploading_artifacts', 'running>waiting_for_box', 'running>failed', 'running>timed_out', 'running>cancelled',
        'uploading_artifacts>completed', 'uploading_artifacts>waiting_for_box', 'uploading_artifacts>failed',
        'uploading_artifacts>cancelled'])
      then
        raise exception 'job % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
      end if;
      return new;
    end $$`.execute(db)
  await sql`create trigger jobs_take_legal_steps before insert or update of state on jobs
    for each row execute function refuse_illegal_job_step()`.execute(db)
}
