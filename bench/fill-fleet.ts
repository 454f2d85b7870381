/** Organisation of the row of rank `m`: four of them, with 60, 20, 10 and 10 % of everything. */
export const orgOf = (m: string) =>
  `('org_fill' || (case when ${m} % 10 < 6 then 1 when ${m} % 10 < 8 then 2 else ${m} % 10 - 5 end))`
export const GROUPS_AN_ORG = 10
export const USERS_AN_ORG = 20

/** Statements that make organisations, their people, groups and boxes. */
export function fleet(boxes: number): string[] {
  return [
    `insert into orgs (id, name, placement_requested_seq) select 'org_fill' || o, 'Lab ' || o, 1 from generate_series(1, 4) o`,
    `insert into users (id, email, name, password_hash)
      select 'user_fill' || o || 'u' || u, o || '-' || u || '@example.com', 'Person ' || u, 'none'
      from generate_series(1, 4) o, generate_series(1, ${USERS_AN_ORG}) u`,
    `insert into memberships (org_id, user_id, role)
      select 'org_fill' || o, 'user_fill' || o || 'u' || u, 'member'
      from generate_series(1, 4) o, generate_series(1, ${USERS_AN_ORG}) u`,
    `insert into groups (id, org_id, name)
      select 'group_fill' || o || 'g' || g, 'org_fill' || o, 'group-' || g
      from generate_series(1, 4) o, generate_series(0, ${GROUPS_AN_ORG - 1}) g`,
    // nobody listens on port 1: a probe is refused at once
    `insert into boxes (id, org_id, name, host, python_port, status, labels, nets, next_probe_at, next_inspection_at)
      select 'box_fill' || lpad(b::text, 8, '0'), ${orgOf('b')}, 'bench-' || b, '127.8.' || b / 250 || '.' || b % 250 + 1, 1,
        case when b % 20 = 19 then 'offline' else 'online' end,
        jsonb_build_object('dut', (array['stm32', 'nrf52840', 'esp32'])[b % 3 + 1]),
        jsonb_build_array(jsonb_build_object('name', 'uart1', 'type', 'UART')),
        now() + (b % 100 - 5) * interval '1 second', now() + (b % 300 - 5) * interval '1 second'
      from generate_series(0, ${boxes - 1}) b`,
    `insert into group_boxes (group_id, box_id)
      select replace(org_id, 'org_fill', 'group_fill') || 'g' || right(id, 8)::int / 10 % ${GROUPS_AN_ORG}, id from boxes`,
    `insert into box_api_presence (listening_since_at, last_beat_at) values (now() - interval '1 day', now())`,
  ]
}
