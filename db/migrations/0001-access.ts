import { type Kysely, sql } from 'kysely'

/** Who may come in: organisations, people, their sessions, and API tokens. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table orgs (
      id                      text primary key,
      name                    text not null,
      placement_requested_seq bigint not null default 0,
      placement_done_seq      bigint not null default 0,
      created_at              timestamptz not null default now()
    )`.execute(db)
  await sql`
    create table users (
      id            text primary key,
      email         text not null check (email = lower(email)),
      name          text not null,
      password_hash text not null,
      created_at    timestamptz not null default now(),
      unique (email)
    )`.execute(db)
  await sql`
    create table memberships (
      org_id     text not null references orgs (id),
      user_id    text not null references users (id),
      role       text not null check (role in ('owner', 'admin', 'member', 'viewer')),
      created_at timestamptz not null default now(),
      primary key (org_id, user_id)
    )`.execute(db)
  await sql`create index memberships_of_user on memberships (user_id)`.execute(db)
  await sql`
    create table sessions (
      id           text primary key,
      user_id      text not null references users (id),
      org_id       text not null references orgs (id),
      user_agent   text not null default '',
      created_at   timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at   timestamptz not null,
      revoked_at   timestamptz
    )`.execute(db)
  await sql`create index sessions_of_user on sessions (user_id)`.execute(db)
  await sql`
    create table api_tokens (
      id           text primary key,
      org_id       text not null references orgs (id),
      user_id      text not null references users (id),
      name         text not null,
      token_hash   bytea not null unique,
      created_at   timestamptz not null default now(),
      last_used_at timestamptz,
      expires_at   timestamptz,
      revoked_at   timestamptz
    )`.execute(db)
  await sql`create index api_tokens_of_org on api_tokens (org_id)`.execute(db)
}
