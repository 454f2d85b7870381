import { type Kysely, sql } from 'kysely'

/**
 * How long an organisation keeps what its jobs leave, in days from the end of a job; null is for ever. Events are for good, but for
 * those of a job that retention has removed: they go after it, in its transaction, which says so (`stout.retention`). Nobody can
 * remove an event of a job that is there, of a box or of an organisation.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table orgs
      add column keep_jobs_days      integer check (keep_jobs_days > 0),
      add column keep_logs_days      integer check (keep_logs_days > 0),
      add column keep_artifacts_days integer check (keep_artifacts_days > 0)`.execute(db)
  await sql`alter table jobs add column log_removed_at timestamptz`.execute(db)
  await sql`
    create function refuse_lone_removal() returns trigger language plpgsql as $$
    begin
      if coalesce(current_setting('stout.retention', true), '') <> 'on' or not starts_with(old.subject, 'job_')
        or exists (select from jobs where id = old.subject)
      then
        raise exception '% are never changed', tg_table_name using errcode = 'check_violation';
      end if;
      return old;
    end $$`.execute(db)
  await sql`drop trigger events_are_for_good on events`.execute(db)
  await sql`create trigger events_are_for_good before update or truncate on events
    for each statement execute function refuse_change()`.execute(db)
  await sql`create trigger events_go_after_their_job before delete on events
    for each row execute function refuse_lone_removal()`.execute(db)
}
