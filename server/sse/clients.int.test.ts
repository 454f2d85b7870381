import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { aMember, aServer } from '../testing/fixtures'
import { append, aRunningJob, close } from '../testing/running-job'

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

/** Follows a stream as a small Python program would: prints each line's text, breaks off after the first message, and resumes. */
const PYTHON = `
import http.client, json, sys
host, path, token = sys.argv[1:]
last, ended = '', False
while not ended:
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request('GET', path, headers={'Authorization': token, **({'Last-Event-ID': last} if last else {})})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    event, got = 'message', False
    for raw in answer:
        field, _, value = raw.decode().rstrip('\\n').partition(': ')
        if field == 'id':
            last = value
        elif field == 'event':
            event = value
        elif field == 'data':
            if event == 'end':
                ended = True
                break
            for line in json.loads(value):
                print(line['text'], flush=True)
            got = True
        elif raw == b'\\n' and got:
            break  # goes on over another connection
    connection.close()
`

test('http.client of Python follows a log, breaks off after each message, resumes, and misses nothing', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['first', 'zwölf'])
  const path = `/api/v1/jobs/${ref.jobId}/logs/stream`
  const child = spawn('python3', ['-c', PYTHON, new URL(s.url).host, path, member.bearer], {
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  const exited = once(child, 'exit')
  await expect.poll(() => said, { timeout: 30_000 }).toBe('first\nzwölf\n')
  await append(s.web, ref, 3, ['third'])
  await expect.poll(() => said, { timeout: 30_000 }).toBe('first\nzwölf\nthird\n')
  await close(s.web, ref, 3)
  expect((await exited)[0]).toBe(0)
  expect(said).toBe('first\nzwölf\nthird\n')
})

test.skipIf(!hasCurl)('curl shows lines as they come, and ends with the log', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const ref = await aRunningJob(member)
  await append(s.web, ref, 1, ['first'])
  const url = `${s.url}/api/v1/jobs/${ref.jobId}/logs/stream`
  const child = spawn('curl', ['--silent', '--no-buffer', '--fail', '-H', `Authorization: ${member.bearer}`, url])
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  const exited = once(child, 'exit')
  await expect.poll(() => said, { timeout: 30_000 }).toContain('"text":"first"')
  await append(s.web, ref, 2, ['second'])
  await expect.poll(() => said, { timeout: 30_000 }).toContain('"text":"second"')
  await close(s.web, ref, 2)
  expect((await exited)[0]).toBe(0)
  expect(said).toMatch(/id: 1\.1\n.*id: 1\.2\n.*event: end\ndata: \{"attempt":1,"lastN":2\}\n\n$/s)
})
