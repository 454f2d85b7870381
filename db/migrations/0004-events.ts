import { type Kysely, sql } from 'kysely'

/** Events: what happened to each subject, for good; and the outbox that their effects are sent from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table events (
      subject text        not null,
      seq     integer     not null check (seq > 0),
      org_id  text        not null references orgs (id),
      type    text        not null,
      state   text,
      actor   text        not null,
      attempt integer,
      data    jsonb       not null default '{}',
      at      timestamptz not null default clock_timestamp(),
      primary key (subject, seq)
    )`.execute(db)
  await sql`
    create table outbox (
      subject     text not null,
      seq         integer not null,
      taken_until timestamptz,
      tries       integer not null default 0,
      primary key (subject, seq),
      foreign key (subject, seq) references events (subject, seq)
    )`.execute(db)
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% are never changed', tg_table_name using errcode = 'check_violation';
    end $$`.execute(db)
  await sql`create trigger events_are_for_good before update or delete on events
    for each statement execute function refuse_change()`.execute(db)
}
