import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt, PYTHON, run } from './testing/attempt'
import { until } from './testing/processes'

const JOB_SECRET = 'job/secret+öf "mine"'
const BOX_SECRET = 'box-secret-of-the-bench'

/** Prints both secrets in every way, torn at every place by flushes, and waits before it ends. */
const TALKATIVE = `
import base64, json, os, subprocess, sys, time, urllib.parse
job, box = os.environ["JOB_SECRET"], os.environ["LAGER_SECRET_BENCH"]
out, err = sys.stdout.buffer, sys.stderr.buffer
forms = []
for secret in (job.encode(), box.encode()):
    forms += [secret, urllib.parse.quote(secret, safe="").encode(), json.dumps(secret.decode()).encode()]
    forms += [encode(b"us:"[:n] + secret) for n in range(4) for encode in (base64.b64encode, base64.urlsafe_b64encode)]
for form in forms:
    for at in range(0, len(form), 3):
        for part in (form[:at], form[at:] + b"\\n"):
            out.write(part); out.flush()
            err.write(part); err.flush()
            time.sleep(0.0005)
out.write(b"." * (65536 - 7) + job.encode() + b"\\n" + b"unfinished " + box.encode()[:9]); out.flush()
time.sleep(0.3)  # longer than an unfinished line waits
out.write(box.encode()[9:] + b"\\n"); out.flush()
with open(os.environ["LAGER_OUTPUT_CHANNEL"], "wb", buffering=0) as channel:
    for encoder, payload in ((3, json.dumps({job: [box]}).encode()), (4, box.encode()), (1, job.encode())):
        channel.write(b"%d %d " % (encoder, len(payload)) + payload)
    channel.write(b"no record: " + job.encode())
out.write(b"waiting\\n"); out.flush()
while not os.path.exists("go"): time.sleep(.01)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)", box])
`

test('masking gives the same however the bytes are cut', async () => {
  const env = { PATH: process.env.PATH ?? '' }
  const ended = await run(PYTHON, ['test_mask.py'], { cwd: join(import.meta.dirname, 'testing'), env })
  expect(ended.code, ended.output).toBe(0)
  expect(ended.output).toContain('OK')
})

/** A secret in the forms that a reader could turn back into it. */
function forms(secret: string): Buffer[] {
  const encoded = ['', 'u', 'us'].flatMap((before) => {
    const whole = Buffer.from(before + secret)
    const sure = whole.toString('base64').slice(Math.ceil((before.length * 8) / 6), Math.floor((whole.length * 8) / 6))
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded].map((form) =>
    Buffer.from(form),
  )
}

test('no secret of box or job is in what arrived, in the spool, or in the supervisor’s own log', async () => {
  const attempt = await Attempt.start(TALKATIVE, { launch: false, secrets: { JOB_SECRET } })
  const { collector } = attempt
  attempt.boxEnvironment = { LAGER_SECRET_BENCH: BOX_SECRET }
  collector.mischief = (path) => (path === '/log' && !spoolWasRead ? 503 : undefined)
  let spoolWasRead = false
  await attempt.launch()
  const directory = await until('a directory', async () => (await attempt.directory()) !== undefined).then(() =>
    attempt.directory(),
  )
  if (!directory) throw new Error('no directory')
  await until('all in the spool', async () => (await spooled(directory)).includes('waiting'))
  const files: [string, Buffer][] = [
    ['spool', await spooled(directory)],
    ['supervisor.log', await readFile(join(directory, 'supervisor.log'))],
  ]
  spoolWasRead = true
  await attempt.putIntoJob('go')
  await attempt.closed()

  for (const stream of [1, 2, 3]) files.push([`stream ${stream}`, collector.bytes(stream)])
  files.push(['done', Buffer.from(JSON.stringify([collector.dones, collector.exits]))])
  for (const [name, content] of files)
    for (const secret of [JOB_SECRET, BOX_SECRET])
      for (const form of forms(secret)) expect(content.includes(form), `${form} in ${name}`).toBe(false)

  expect(collector.text()).toContain(`${'.'.repeat(65_529)}***\nunfinished ***\nwaiting\n`)
  const masks = [1, 2].map((stream) => collector.text(stream).split('***').length - 1)
  expect(masks[0]).toBe((masks[1] ?? 0) + 2)
  const channel = collector.text(3).split('\n')
  expect(channel[0]).toBe('{"encoding": "json", "value": {"***": ["***"]}}')
  expect(channel[3]).toBe('no record: ***')
  expect(collector.dones[0]?.leftovers[0]).toMatch(/time\.sleep\(100\) \*\*\*$/)
  expect(collector.exits).toMatchObject([{ exitCode: 0 }])
})

test('the script itself gets the secrets in its environment', async () => {
  const script = 'import os\nprint(len(os.environ["A"]), os.environ["A"] == "s3cret-value", os.environ["A"])'
  const attempt = await Attempt.start(script, { secrets: { A: 's3cret-value' } })
  await attempt.closed()
  expect(attempt.collector.text()).toBe('12 True ***\n')
})

async function spooled(directory: string): Promise<Buffer> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('spool-'))
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))))
}
