import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { processes } from '../box/supervisor/testing/processes'
import type { Db } from '../db/client'
import { aLab, eventually, type Lab } from './testing/lab'

/** What must be found nowhere; only letters and digits, so that no encoding of text changes it. */
const CORE = crypto.randomUUID().replaceAll('-', '')
const VALUE = `pass/"${CORE}" & €`

/** The core as it looks in plain, in hex, and within base64 wherever a group of it begins. */
const NEEDLES = [
  CORE,
  Buffer.from(CORE).toString('hex'),
  ...[0, 1, 2].map((before) =>
    Buffer.from('-'.repeat(before) + CORE)
      .toString('base64')
      .slice(4, -4),
  ),
]
const holds = (text: string) => NEEDLES.some((needle) => text.includes(needle))

/** Tells the secret in every way a careless script would, waits to be looked at, and fails with it. */
const SCRIPT = `
import base64, json, os, subprocess, sys, time, urllib.parse
pin = os.environ["PIN"]
print("plain", pin)
print("base64", base64.b64encode(pin.encode()).decode(), base64.b64encode(b"a" + pin.encode()).decode())
print("percent", urllib.parse.quote(pin, safe=""), "json", json.dumps({"pin": pin}))
print("halves " + pin[:20], end="", flush=True)
print(pin[20:])
subprocess.run([sys.executable, "-c", "import sys; sys.exit('child: ' + sys.argv[1])", pin])
with open(os.environ["LAGER_OUTPUT_CHANNEL"], "w") as channel:
    channel.write(json.dumps({"encoding": "json", "value": {"pin": pin}}) + "\\n")
with open(os.path.join(os.environ["STOUT_ARTIFACTS"], "report.txt"), "w") as report:
    report.write("%d characters\\n" % len(pin))
daemon = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("told", flush=True)
while not os.path.exists(os.environ["GO"]):
    time.sleep(0.05)
raise RuntimeError("no power with " + pin)
`

test('a secret is in the script and nowhere else: no table, object, log, file or process tells it', async () => {
  await using lab = await aLab()
  const box = await lab.addBox()
  const go = path.join(lab.dir, 'go')
  const id = await lab.submit({ script: SCRIPT, env: { GO: go }, secrets: { PIN: VALUE } })
  await eventually('the script has told all', async () => (await lab.lines(id)).some((line) => line.text === 'told'))
  const attempt = await lab.attempt(id)

  const telling = (await processes()).filter(({ cmdline, environ }) => holds(cmdline) || holds(environ))
  expect(telling.length).toBeGreaterThanOrEqual(2) // the script and its child: the search finds what is there
  expect(telling.filter(({ environ }) => !environ.includes(`LAGER_PROCESS_ID=${attempt.processId}`))).toEqual([])
  await expectNowhere(lab, box.stateRoot)

  writeFileSync(go, '')
  expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'script', exitCode: 1 })
  const lines = (await lab.lines(id)).map((line) => line.text ?? '')
  for (const begin of ['plain', 'base64', 'percent', 'halves', 'child:', 'RuntimeError: no power with']) {
    expect(
      lines.find((line) => line.startsWith(begin)),
      begin,
    ).toContain('***')
  }
  expect(holds(lines.join('\n'))).toBe(false)
  expect(await lab.ctx.db.selectFrom('jobSecrets').selectAll().execute()).toEqual([])
  await expectNowhere(lab, box.stateRoot)
  const said = [lab.worker, box.process].map((process) => process.said())
  for (const text of said) expect(text.length).toBeGreaterThan(100)
  expect(said.filter(holds)).toEqual([])
})

async function expectNowhere({ ctx, store }: Lab, stateRoot: string): Promise<void> {
  const found = [
    ...(await tablesThatHold(ctx.db)),
    ...filesThatHold(stateRoot),
    ...filesThatHold(store.dir),
    ...(await objectsThatHold(ctx.store)),
  ]
  expect(found).toEqual([])
}

/** Every row of every table as text, and its bytes as they are. */
async function tablesThatHold(db: Db): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(db)
  expect(tables.length).toBeGreaterThan(20)
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.raw(name)} t`.execute(db)
    if (rows.some(({ text }) => holds(text))) found.push(name)
  }
  return found
}

function filesThatHold(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => holds(file) || holds(textOf(file)))
}

async function objectsThatHold({ client, bucket }: Lab['ctx']['store']): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
  const found: string[] = []
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    if (holds(Key) || holds((await buffer(Body as NodeJS.ReadableStream)).toString('latin1'))) found.push(Key)
  }
  return found
}

/** Boxes and stores are at work meanwhile: a file that is gone holds nothing. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
