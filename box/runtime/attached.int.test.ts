import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { env, type FormPart, run, script, startRun } from './testing/client'
import { exitCodeOf } from './testing/frames'
import { eventually } from './testing/poll'
import { zip } from './testing/zip'

let box: TestBox
beforeAll(async () => {
  box = await testBox(
    {},
    { timings: { keepaliveMs: 300 }, serviceEnv: { PATH: process.env.PATH, OF_THE_SERVICE: 'yes' } },
  )
})
afterAll(async () => await box[Symbol.asyncDispose]())

async function output(...parts: FormPart[]): Promise<string> {
  return (await run(box.pythonUrl, parts)).payload('1').trim()
}
const arg = (value: string): FormPart => ({ name: 'args', value, filename: 'args' })
const print = (expression: string) => script(`import os, sys, json\nprint(${expression})`)
const moduleOf = (main: string): FormPart => ({ name: 'module', value: zip([{ name: 'main.py', content: main }]) })

describe('the answer', () => {
  test('streams as text with the output version, delimited by the end of the connection', async () => {
    const { reply } = await run(box.pythonUrl, [print('1')])
    expect(reply.status).toBe(200)
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain',
      'lager-output-version': '1',
      connection: 'close',
    })
    expect(reply.headers).not.toHaveProperty('content-length')
    expect(reply.headers).not.toHaveProperty('transfer-encoding')
  })

  test('ends with the exit frame and nothing after it', async () => {
    const { reply } = await run(box.pythonUrl, [print('"hi"')])
    expect(reply.body.toString()).toMatch(/^1 .*- 1 0$/s)
  })

  test('a line arrives while the script still runs', async () => {
    using stream = await startRun(box.pythonUrl, [script('import time\nprint("first")\ntime.sleep(600)')])
    await stream.untilPrinted('first\n')
    expect(exitCodeOf(stream.frames)).toBeUndefined()
  })

  test('a megabyte of binary output arrives whole, in frames of at most 1024 bytes', async () => {
    const source = 'import sys\nfor i in range(4096): sys.stdout.buffer.write(bytes(range(256)))'
    const { frames } = await run(box.pythonUrl, [script(source)])
    const payloads = frames.filter(({ fileno }) => fileno === '1').map(({ payload }) => payload)
    expect(Math.max(...payloads.map(({ length }) => length))).toBe(1024)
    expect(Buffer.concat(payloads)).toEqual(
      Buffer.alloc(1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
    )
  })

  test('a silent script is accompanied by keepalive frames', async () => {
    using stream = await startRun(box.pythonUrl, [script('import time; time.sleep(600)')])
    await stream.until(() => stream.frames.length >= 2)
    expect(stream.frames.every(({ fileno, payload }) => fileno === '0' && payload.length === 0)).toBe(true)
  })
})

describe('exit codes', () => {
  test.each([
    ['import sys; sys.exit(7)', 7],
    ['import sys; sys.exit("message")', 1],
    ['exit(256)', 0],
    ['exit(-1)', 255],
    ['raise ValueError()', 1],
    ['import os; os.kill(os.getppid(), 15); import time; time.sleep(9)', -15],
  ])('%s ends with %i', async (source, code) => {
    expect(exitCodeOf((await run(box.pythonUrl, [script(source)])).frames)).toBe(code)
  })

  test.each([
    ['1', 'import time; time.sleep(600)', 124],
    ['-5', 'print(1)', 125],
    ['0', 'print(1)', 0],
    ['100000', 'print(1)', 0],
    [' 3_0 ', 'print(1)', 0],
  ])('timeout %s', async (timeout, source, code) => {
    const { frames } = await run(box.pythonUrl, [
      script(source),
      { name: 'timeout', value: timeout, filename: 'timeout' },
    ])
    expect(exitCodeOf(frames)).toBe(code)
  })

  test('a script that ignores the end of its time is killed five seconds later: -9', async () => {
    const source = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'
    const { frames } = await run(box.pythonUrl, [script(source), { name: 'timeout', value: '1' }])
    expect(exitCodeOf(frames)).toBe(-9)
  })

  test('the time limit is passed on as it is, but never more than 300', async () => {
    const source = 'import os; print(open(f"/proc/{os.getppid()}/cmdline").read().split("\\0"))'
    const limit = async (...parts: FormPart[]) =>
      /'--kill-after', '5.0', '(\d+)'/.exec(await output(script(source), ...parts))?.[1]
    expect(await limit()).toBe('300')
    expect(await limit({ name: 'timeout', value: '301' })).toBe('300')
    expect(await limit({ name: 'timeout', value: '299' })).toBe('299')
    expect(await limit({ name: 'timeout', value: '0' })).toBe('0')
  })
})

describe('what runs, and where', () => {
  test('a script runs in the temporary directory, under a name of its own', async () => {
    const where = JSON.parse(await output(print('json.dumps([os.getcwd(), sys.path[0], sys.argv[0]])')))
    expect(where).toEqual([box.tmp, box.tmp, expect.stringMatching(/\/tmp\/tmp[a-z0-9_]{8}\.py$/)])
  })

  test('a module runs in its own directory, which is gone afterwards', async () => {
    const main = 'import os, sys, json; print(json.dumps([os.getcwd(), sys.path[0]]))'
    const [cwd, path] = JSON.parse(await output(moduleOf(main)))
    expect(cwd).toMatch(/\/tmp\/tmp[a-z0-9_]{8}$/)
    expect(path).toBe(cwd)
    await eventually(async () => (await readdir(box.tmp)).join() === 'lager_processes')
  })

  test.each([['module.zip'], ['module'], [undefined]])('a module is taken with the filename %s', async (filename) => {
    const value = zip([
      { name: 'main.py', content: 'import pkg.part' },
      { name: 'pkg/part.py', content: 'print("of the package")' },
    ])
    expect(await output({ name: 'module', value, ...(filename === undefined ? {} : { filename }) })).toBe(
      'of the package',
    )
  })

  test('of script and module the script runs, in the temporary directory', async () => {
    expect(await output(moduleOf('print("module")'), print('"script", os.getcwd()'))).toBe(`script ${box.tmp}`)
  })

  test('a module without main.py is a stream that ends with 2', async () => {
    const stream = await run(box.pythonUrl, [{ name: 'module', value: zip([{ name: 'other.py', content: '' }]) }])
    expect(stream.payload('1')).toContain("can't open file")
    expect(exitCodeOf(stream.frames)).toBe(2)
  })

  test('names in a zip cannot lead out of the module directory; modes and links are not restored', async () => {
    const main = `
import os, json
print(json.dumps([sorted(os.listdir('.')), open('up.txt').read(), open('link').read(), os.path.islink('link'), os.access('run.sh', os.X_OK)]))`
    const value = zip([
      { name: 'main.py', content: main },
      { name: '../../up.txt', content: 'up' },
      { name: '/abs.txt', content: 'abs' },
      { name: 'link', content: '/etc/passwd', mode: 0o120777 },
      { name: 'run.sh', content: '', mode: 0o100755 },
      { name: 'empty/', content: '', mode: 0o040755 },
    ])
    const [names, up, link, isLink, isExecutable] = JSON.parse(await output({ name: 'module', value }))
    expect(names).toEqual(['abs.txt', 'empty', 'link', 'main.py', 'run.sh', 'up.txt'])
    expect([up, link, isLink]).toEqual(['up', '/etc/passwd', false])
    expect(isExecutable).toBe(false)
  })

  test('an empty script runs when its filename ends in .py', async () => {
    expect(exitCodeOf((await run(box.pythonUrl, [script('')])).frames)).toBe(0)
  })

  test('standard input is empty, output is a pipe that can be opened again', async () => {
    const source = 'import sys\nprint(repr(sys.stdin.read()))\nopen("/dev/stdout", "w").write("again")'
    expect(await output(script(source))).toBe("''\nagain")
  })
})

describe('arguments and environment', () => {
  test('arguments come in order, empty ones too', async () => {
    expect(await output(print('sys.argv[1:]'), arg('b'), arg(''), arg('ä\n'), arg('a'))).toBe("['b', '', 'ä\\n', 'a']")
  })

  test('entries are split at the first =, the later wins, those without one are dropped', async () => {
    const shown = await output(
      print('os.environ["A"], os.environ["B"], "C" in os.environ'),
      env('A', '1'),
      env('A', '2=3'),
      env('B', ''),
      {
        name: 'env',
        value: 'C',
      },
    )
    expect(shown).toBe('2=3  False')
  })

  test('a part with a charset of its own keeps its bytes', async () => {
    expect(await output(print('os.environ["A"]'), { ...env('A', 'é'), type: 'text/plain; charset=utf-8' })).toBe('é')
  })

  test('the box says who it is, and no client can say otherwise', async () => {
    const keys = [
      'LAGER_HOST',
      'LOCAL_ADDRESS',
      'LAGER_BOX_ID',
      'PYTHONBREAKPOINT',
      'LAGER_CLIENT_IP',
      'LAGER_HOST_MODULE_FOLDER',
      'LAGER_STDOUT_IS_STDERR',
    ]
    const shown = await output(
      print(`json.dumps([os.environ[k] for k in ${JSON.stringify(keys)}])`),
      ...keys.map((key) => env(key, 'forged')),
    )
    expect(JSON.parse(shown)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      'box-1',
      'lager.breakpoint.pause',
      '127.0.0.1',
      box.tmp,
      'True',
    ])
  })

  test('the service environment is inherited, and a client may override it', async () => {
    expect(await output(print('os.environ["OF_THE_SERVICE"]'))).toBe('yes')
    expect(await output(print('os.environ["OF_THE_SERVICE"]'), env('OF_THE_SERVICE', 'no'))).toBe('no')
  })

  test('muxes, usb_mapping and dut_commands become variables', async () => {
    const fields = ['muxes', 'usb_mapping', 'dut_commands'].map((name) => ({ name, value: `{"${name}":1}` }))
    const shown = await output(
      print('os.environ["LAGER_MUXES"], os.environ["LAGER_USB_MAPPINGS"], os.environ["LAGER_DUT_COMMANDS"]'),
      ...fields,
    )
    expect(shown).toBe('{"muxes":1} {"usb_mapping":1} {"dut_commands":1}')
  })
})

describe('streams', () => {
  const both = 'import sys\nfor i in range(50):\n  print("o", i)\n  print("e", i, file=sys.stderr)'

  test('stderr joins stdout in order, unless it is told not to', async () => {
    const merged = await run(box.pythonUrl, [script(both)])
    expect(merged.payload('1')).toBe(Array.from({ length: 50 }, (_, i) => `o ${i}\ne ${i}\n`).join(''))
    const apart = await run(box.pythonUrl, [script(both), { name: 'stdout_is_stderr', value: 'false' }])
    expect(apart.payload('1')).toBe(Array.from({ length: 50 }, (_, i) => `o ${i}\n`).join(''))
    expect(apart.payload('2')).toBe(Array.from({ length: 50 }, (_, i) => `e ${i}\n`).join(''))
  })

  test('what is appended to the output channel arrives as fileno 3, while the script runs and after', async () => {
    const source = `
import os, time
channel = open(os.environ["LAGER_OUTPUT_CHANNEL"], "ab", buffering=0)
channel.write(b'3 13 {"a": [1, 2]}')
while not os.path.exists(os.environ["GO"]): time.sleep(0.01)
channel.write(b'1 5 \\x00raw\\xff' + b'x' * 3000)`
    const go = `${box.stateRoot}/go`
    using stream = await startRun(box.pythonUrl, [script(source), env('GO', go)])
    await stream.until(() => stream.payload('3') === '3 13 {"a": [1, 2]}')
    await run(box.pythonUrl, [script(`open(${JSON.stringify(go)}, "w")`)])
    await stream.untilEnd()
    const bytes = Buffer.concat(stream.frames.filter(({ fileno }) => fileno === '3').map(({ payload }) => payload))
    expect(bytes.toString('latin1')).toBe(`3 13 {"a": [1, 2]}1 5 \x00raw\xff${'x'.repeat(3000)}`)
    expect(exitCodeOf(stream.frames)).toBe(0)
  })

  test('a grandchild that holds the pipe keeps the run going until it lets go', async () => {
    const source =
      'import subprocess, sys\nsubprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3); print(\'late\')"], start_new_session=True)\nprint("parent ends")'
    const stream = await run(box.pythonUrl, [script(source)])
    expect(stream.payload('1')).toBe('parent ends\nlate\n')
    expect(exitCodeOf(stream.frames)).toBe(0)
  })
})
