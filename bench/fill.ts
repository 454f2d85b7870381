import pg from 'pg'
import { TRANSITIONS } from '../core/jobs/state'
import { packRecords } from '../core/logs/records'
import { aBatch } from '../core/testing/batches'
import { fleet, GROUPS_AN_ORG, orgOf, USERS_AN_ORG } from './fill-fleet'

/** How much of what a database is filled with. */
export type Amounts = {
  /** Of all states: most have ended within the last year, the newest are on boxes, those before them wait. */
  jobs: number
  boxes?: number
  waiting?: number
  /** Events that no relay has taken, as after an outage. */
  outbox?: number
}

const SHARE_ON_BOXES = 0.7
/** Text that sorts and looks like core/ids.ts makes it: nine digits to the base of 36 of the milliseconds, then the rank. */
const idOf = (prefix: string, at: string, m: string) => {
  const ms = `(extract(epoch from ${at}) * 1000)::bigint`
  const digits = Array.from(
    { length: 9 },
    (_, place) => `substr('0123456789abcdefghijklmnopqrstuvwxyz', (${ms} / ${36 ** (8 - place)} % 36)::int + 1, 1)`,
  )
  return `'${prefix}_' || ${digits.join(' || ')} || lpad(to_hex(2147483647 - ${m}), 32, '0')`
}

/**
 * Fills an empty, migrated database as years of use would: organisations, boxes, groups, jobs in all states in realistic
 * shares, with attempts, leases, events, log heads and chunks, artifacts and their objects (rows only: nothing lies in the
 * store). The same amounts give the same rows, but for the time. It takes a superuser: triggers and foreign keys are off
 * meanwhile, which makes a million jobs a matter of minutes. Statistics are fresh when it returns.
 */
export async function fill(databaseUrl: string, amounts: Amounts): Promise<void> {
  const {
    jobs,
    boxes = Math.ceil(jobs / 1_000),
    waiting = Math.ceil(jobs / 100),
    outbox = Math.ceil(jobs / 50),
  } = amounts
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(`set session_replication_role = replica; set synchronous_commit = off; set timezone = 'UTC';
      set work_mem = '64MB'; set maintenance_work_mem = '256MB'`)
    const before = [...fleet(boxes), ...jobsOf({ jobs, boxes, waiting }), ...attempts(), ...EVENTS]
    const after = [...objects(jobs), ...rests(), backlog(outbox)]
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`)
    const [heads = '', chunks = ''] = logs(jobs)
    for (const statement of [...before, heads]) await client.query(statement)
    await client.query(chunks, [packRecords(aBatch(1, lines).records)])
    for (const statement of after) await client.query(statement)
    await client.query('drop table fill; reset session_replication_role')
    await client.query('vacuum (analyze)')
  } finally {
    await client.end()
  }
}

/** The state after each event that changes it. */
const STATE_AFTER = Object.fromEntries(Object.entries(TRANSITIONS).map(([type, { to }]) => [type, to]))
const TO_RUNNING = `'submitted' || case when attempt = 2 then ',place,return,attempt_closed,place,start' else ',wait,place,start' end`
/** The events of a job, in order. */
const STORY = `case state when 'queued' then 'submitted' when 'waiting_for_box' then 'submitted,wait'
  when 'dispatching' then 'submitted,place' when 'running' then 'submitted,place,start'
  when 'uploading_artifacts' then 'submitted,place,start,exit' when 'no_suitable_box' then 'submitted,wait,give_up'
  else ${TO_RUNNING} || case state when 'completed' then ',exit,complete' when 'failed' then ',exit,fail'
    when 'cancelled' then ',cancel' else ',expire' end || ',attempt_closed' end`
const EVENTS = [
  `insert into events (subject, seq, org_id, type, state, actor, attempt, data, at)
    select id, seq, org_id, type, '${JSON.stringify({ ...STATE_AFTER, submitted: 'queued' })}'::jsonb ->> type, 'placement',
      nullif(attempt, 0), '{}', at + seq * interval '8 seconds'
    from fill, string_to_table(story, ',') with ordinality as happened (type, seq)`,
  `insert into events (subject, seq, org_id, type, actor)
    select id, seq, org_id, 'box_changed', 'sweep:probe' from boxes, generate_series(1, 500) seq`,
]

/** Ranks: 0 is the newest job. The newest are on boxes, one each; the next ones wait; the rest is over. */
function jobsOf({ jobs, boxes, waiting }: Required<Omit<Amounts, 'outbox'>>): string[] {
  const onBoxes = Math.floor(boxes * SHARE_ON_BOXES)
  const dice = '(m % 1000 * 7919 % 1000)'
  return [
    `create temp table fill as
      select m, ${orgOf('m')} as org_id, at, ${idOf('job', 'at', 'm')} as id,
        case when m < ${onBoxes} then (case m % 20 when 0 then 'dispatching' when 1 then 'uploading_artifacts' else 'running' end)
          when m < ${onBoxes + waiting} then (case when m % 5 = 0 then 'queued' else 'waiting_for_box' end)
          when ${dice} < 800 then 'completed' when ${dice} < 920 then 'failed' when ${dice} < 960 then 'cancelled'
          when ${dice} < 985 then 'timed_out' else 'no_suitable_box' end as state,
        case when m < ${onBoxes} then 1 when m < ${onBoxes + waiting} or ${dice} >= 985 then 0
          when ${dice} % 50 = 7 then 2 else 1 end as attempt,
        (array['any', 'group', 'group', 'box'])[m / 10 % 4 + 1] as target_kind,
        'box_fill' || lpad((case when m < ${onBoxes} then m else m % 10 + 10 * (m / 10 % ${Math.floor(boxes / 10)}) end)::text, 8, '0') as box_id
      from generate_series(0, ${jobs - 1}) m,
        lateral (select now() - m * (interval '365 days' / ${jobs}) - interval '1 minute' as at) as born`,
    `alter table fill add column story text generated always as (${STORY}) stored`,
    'analyze fill',
    `insert into bundles (org_id, sha256, kind, size_bytes, inline)
      select 'org_fill' || o, encode(sha256(b::text::bytea), 'hex'), 'script', 8, 'print(1)'::bytea
      from generate_series(1, 4) o, generate_series(0, 99) b`,
    `insert into jobs (id, org_id, name, state, attempt, last_seq, bundle_sha256, labels, target_kind, target_id, requires,
        requirement_key, queue_key, submitted_by, timeout_seconds, queue_timeout_seconds, grace_seconds, box_id, failure_class,
        exit_code, error, created_at, runnable_at, queue_deadline_at, started_at, deadline_at, finished_at)
      select id, org_id, 'test ' || m % 500, state, attempt, length(story) - length(replace(story, ',', '')) + 1, encode(sha256((m % 100)::text::bytea), 'hex'),
        jsonb_build_object('suite', 's' || m % 20), target_kind, target_id, requires,
        md5(target_kind || coalesce(target_id, '') || requires), target_kind || coalesce(':' || target_id, ''),
        replace(f.org_id, 'org_', 'user:user_') || 'u' || m / 10 % ${USERS_AN_ORG} + 1, 3600, 86400, 10,
        case when attempt > 0 then box_id end, case when state = 'failed' then 'script' end,
        case state when 'completed' then 0 when 'failed' then 1 end,
        case when state = 'failed' then 'The script exited with code 1.' end,
        at, at, case when m % 200 = 3 then now() - interval '1 second' else greatest(at, now() - interval '1 hour') + interval '1 day' end,
        case when attempt > 0 then at + interval '5 seconds' end,
        case when attempt > 0 then case when state = 'running' and m % 50 > 2 then now() else at end + interval '1 hour' end,
        case when state in ('completed', 'failed', 'cancelled', 'timed_out', 'no_suitable_box') then at + interval '65 seconds' end
      from fill f, lateral (select case target_kind when 'group'
          then replace(org_id, 'org_fill', 'group_fill') || 'g' || m / 40 % ${GROUPS_AN_ORG} when 'box' then box_id end as target_id,
        case when m / 10 % 7 = 0 then '["dut=stm32"]' else '[]' end::jsonb as requires) as target`,
  ]
}

function attempts(): string[] {
  const current = 'n = f.attempt and f.state in'
  return [
    `insert into attempts (job_id, attempt, org_id, box_id, phase, nonce, identity, ended_by, exit_code, closed_by, placed_at,
        dispatch_started_at, launched_at, claimed_at, deadline_at, exited_at, closed_at)
      select id, n, org_id, box_id, phase, case when claimed then md5(id) end,
        case when claimed then '{"lagerBoxId": "unknown", "hostname": "bench", "bootId": "b", "python": "3.11", "pid": 1}'::jsonb end,
        case when phase in ('exited', 'closed') and claimed then 'script' end, case when phase in ('exited', 'closed') and claimed then 0 end,
        case when phase = 'closed' then case when claimed then 'done' else 'fenced' end end, at + interval '3 seconds',
        at + interval '3 seconds', case when phase <> 'placed' or f.m % 40 > 0 then at + interval '4 seconds' end,
        case when claimed then at + interval '5 seconds' end, at + interval '1 hour',
        case when phase in ('exited', 'closed') and claimed then at + interval '60 seconds' end,
        case when phase = 'closed' then at + interval '64 seconds' end
      from fill f, generate_series(1, f.attempt) n, lateral (select
        case when ${current} ('running') then 'claimed' when ${current} ('uploading_artifacts') then 'exited'
          when ${current} ('dispatching') then 'placed' else 'closed' end as phase,
        n = f.attempt and f.state <> 'dispatching' as claimed) as life`,
    `insert into leases (box_id, slot, org_id, job_id, attempt) select box_id, 0, org_id, id, attempt from fill
      where state in ('dispatching', 'running', 'uploading_artifacts')`,
  ]
}

/** The newest twentieth still has its lines here; what is older was packed away. */
function logs(jobs: number): string[] {
  const packed = `m >= ${jobs / 20}`
  return [
    `insert into log_heads (job_id, attempt, last_n, size_bytes, acked_n, last_heard_at, ended_at, packed_key, packed_index, packed_at)
      select id, attempt, 20, 500, 20, coalesce(ended, now()), ended, case when ${packed} then org_id || '/logs/' || id end,
        case when ${packed} then '\\x00'::bytea end, case when ${packed} then at + interval '2 minutes' end
      from fill, lateral (select case when state not in ('running', 'uploading_artifacts') then at + interval '64 seconds' end as ended) as e
      where attempt > 0 and state <> 'dispatching'`,
    `insert into log_chunks (job_id, attempt, first_n, last_n, size_bytes, data)
      select id, attempt, 1, 20, 500, $1 from fill where attempt > 0 and state <> 'dispatching' and not ${packed}`,
  ]
}

function objects(jobs: number): string[] {
  return [
    `insert into stored_objects (key, org_id, state, created_at)
      select org_id || '/logs/' || id, org_id, 'kept', at from fill where attempt > 0 and m >= ${jobs / 20}
      union all select org_id || '/artifacts/' || id, org_id, case when m % 2000 = 0 then 'deleting' else 'kept' end, at
      from fill where attempt > 0 and m % 5 = 0 and state <> 'dispatching'`,
    `insert into artifacts (id, org_id, job_id, attempt, path, source, state, size_bytes, sha256, object_key, created_at, uploaded_at)
      select replace(id, 'job_', 'art_'), org_id, id, attempt, 'out/result.bin', 'artifacts', 'uploaded', 10000,
        encode(sha256(id::bytea), 'hex'), org_id || '/artifacts/' || id, at, at
      from fill where attempt > 0 and m % 5 = 0 and m % 2000 > 0 and state <> 'dispatching'`,
  ]
}

function rests(): string[] {
  return [
    `insert into box_rests (job_id, box_id, until_at, why)
      select id, box_id, now() + (m % 100 - 50) * interval '1 second', '{"kind": "locked", "detail": "locked by ada"}'
      from fill where (state = 'waiting_for_box' and m % 10 = 1) or attempt = 2`,
    `insert into wait_reasons (org_id, requirement_key, reasons)
      select distinct org_id, requirement_key, '[{"code": "no_free_box", "boxes": []}]'::jsonb from jobs
      where state = 'waiting_for_box'`,
  ]
}

function backlog(outbox: number): string {
  return `insert into outbox (subject, seq, taken_until)
    select e.subject, e.seq, case when f.m % 4 = 0 then now() + interval '1 minute' end
    from (select id, m from fill order by m limit ${outbox}) f join events e on e.subject = f.id limit ${outbox}`
}
