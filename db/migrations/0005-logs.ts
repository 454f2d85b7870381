import { type Kysely, sql } from 'kysely'

/** Logs: one head per attempt (the number of the last durable line), and its chunks of lines in sequence. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table log_heads (
      job_id     text not null,
      attempt    integer not null,
      last_n     integer not null default 0,
      size_bytes bigint not null default 0,
      acked_n    integer not null default 0,
      cut_lines  bigint not null default 0,
      cut_bytes  bigint not null default 0,
      last_heard_at timestamptz not null default now(),
      ended_at   timestamptz,
      primary key (job_id, attempt),
      foreign key (job_id, attempt) references attempts (job_id, attempt)
    )`.execute(db)
  await sql`
    create table log_chunks (
      job_id     text not null,
      attempt    integer not null,
      first_n    integer not null,
      last_n     integer not null check (last_n >= first_n),
      size_bytes integer not null,
      data       bytea not null,
      primary key (job_id, attempt, first_n),
      foreign key (job_id, attempt) references log_heads (job_id, attempt)
    )`.execute(db)
  await sql`alter table log_chunks alter column data set storage external`.execute(db)
}
